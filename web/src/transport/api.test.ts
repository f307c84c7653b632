// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";

import type { PresetDocument } from "../protocol/generated/messages";
import { Refusal, erasePreset, storePreset } from "./api";

const kPreset = { id: "rain", name: "Rain" } as unknown as PresetDocument;

function answering(...answers: readonly (Response | Error)[]): ReturnType<typeof vi.fn> {
  const fetched = vi.fn();
  for (const answer of answers) {
    if (answer instanceof Error) {
      fetched.mockRejectedValueOnce(answer);
    } else {
      fetched.mockResolvedValueOnce(answer);
    }
  }
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("presets over REST", () => {
  it("are added, replaced and erased where the server keeps them", async () => {
    const fetched = answering(new Response("{}", { status: 201 }), new Response("{}"), new Response(null, { status: 204 }));
    await storePreset(kPreset, false);
    await storePreset(kPreset, true);
    await erasePreset("rain");
    expect(fetched.mock.calls.map(([path, options]) => `${(options as RequestInit).method ?? "GET"} ${String(path)}`)).toEqual([
      "POST /api/presets", "PUT /api/presets/rain", "DELETE /api/presets/rain",
    ]);
  });

  it("are refused in the server's own words", async () => {
    answering(Response.json({ error: { code: "invalid_argument", message: "there is a preset 'rain' already" } }, { status: 409 }));
    const refusal = await storePreset(kPreset, false).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status: 409, message: "there is a preset 'rain' already" });
  });

  it("say so when the answer is no document, or none comes", async () => {
    answering(new Response("<html>", { status: 502 }), new TypeError("failed to fetch"));
    await expect(erasePreset("rain")).rejects.toMatchObject({ status: 502, message: "the server answered 502" });
    await expect(erasePreset("rain")).rejects.toMatchObject({ status: 0, message: "the server cannot be reached" });
  });
});
