// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { PresetDocument } from "../protocol/generated/messages";
import { Library } from "./library.svelte";
import { kNeutral } from "./neutral";

const kCharacter = {} as PresetDocument["character"];

vi.mock("../transport/api", async (original) => {
  const real = await original<typeof import("../transport/api")>();
  return {
    ...real,
    fetchPresets: () => Promise.resolve([...kept.values()]),
    fetchStations: () => Promise.resolve([]),
    storePreset: (preset: PresetDocument, replace: boolean) => {
      if (down || (kept.has(preset.id) && !replace)) {
        return Promise.reject(down ? new real.Refusal(0, "the server cannot be reached") : new real.Refusal(409, "taken"));
      }
      kept.set(preset.id, preset);
      return Promise.resolve();
    },
    erasePreset: (id: string) => (kept.delete(id) ? Promise.resolve() : Promise.reject(new real.Refusal(404, "there is no such preset"))),
  };
});

let kept: Map<string, PresetDocument>;
let down: boolean;
let library: Library;

beforeEach(async () => {
  kept = new Map([["focus", { id: "focus", name: "Focus", builtin: true, parameters: kNeutral, character: kCharacter }]]);
  down = false;
  library = new Library();
  await library.refresh();
});

afterEach(() => {
  vi.clearAllMocks();
});

describe("Library", () => {
  it("saves what sounds under a name, and lists it", async () => {
    expect(await library.save(" Rainy Sunday ", { ...kNeutral, bpm: 50 }, "focus", false)).toEqual({ ok: true, id: "rainy-sunday" });
    expect(library.ownPresets.map(({ name, parameters }) => [name, parameters.bpm])).toEqual([["Rainy Sunday", 50]]);
  });

  it("asks before it replaces one of that name, and then does", async () => {
    await library.save("Rain", kNeutral, "focus", false);
    expect(await library.save("rain", kNeutral, "focus", false)).toEqual({
      ok: false, message: "There is a preset called Rain already.", replaceable: true,
    });
    expect(await library.save("rain", { ...kNeutral, bpm: 41 }, "focus", true)).toMatchObject({ ok: true });
    expect(library.preset("rain")?.parameters.bpm).toBe(41);
  });

  it("refuses the name of a built-in one, and a name without a letter", async () => {
    expect(await library.save("Focus", kNeutral, "focus", false)).toMatchObject({ ok: false, replaceable: false });
    expect(await library.save("!", kNeutral, "focus", false)).toMatchObject({ ok: false, replaceable: false });
  });

  it("says why when the server does not answer", async () => {
    down = true;
    expect(await library.save("Rain", kNeutral, "focus", false)).toEqual({
      ok: false, message: "That was refused: the server cannot be reached.", replaceable: false,
    });
  });

  it("deletes, and says so when there was nothing", async () => {
    await library.save("Rain", kNeutral, "focus", false);
    expect(await library.remove("rain")).toMatchObject({ ok: true });
    expect(library.ownPresets).toEqual([]);
    expect(await library.remove("rain")).toMatchObject({ ok: false });
  });
});
