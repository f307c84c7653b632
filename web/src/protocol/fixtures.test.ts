// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { parsers } from "./generated/messages";

interface Fixture {
  readonly file: string;
  readonly type: string;
  readonly value: unknown;
}

function fixtures(kind: "valid" | "invalid"): Fixture[] {
  const folder = fileURLToPath(new URL(`../../../protocol/fixtures/${kind}/`, import.meta.url));
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => ({
      file,
      type: file.slice(0, file.indexOf("-")),
      value: JSON.parse(readFileSync(folder + file, "utf8")) as unknown,
    }));
}

describe("protocol fixtures", () => {
  const valid = fixtures("valid");
  const invalid = fixtures("invalid");

  it("are there", () => {
    expect(valid.length).toBeGreaterThan(0);
    expect(invalid.length).toBeGreaterThan(0);
  });

  it.each(valid)("$file is accepted and comes back equal", ({ type, value }) => {
    const result = parsers[type]?.(value);
    expect(result).toEqual({ ok: true, value });
  });

  it.each(invalid)("$file is refused with what was wrong", ({ type, value }) => {
    const result = parsers[type]?.(value);
    expect(result).toMatchObject({ ok: false, error: { message: expect.any(String) as unknown, where: expect.any(String) as unknown } });
  });
});
