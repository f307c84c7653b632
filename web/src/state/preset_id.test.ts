// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { parsePresetId } from "../protocol/generated/messages";
import { presetId } from "./preset_id";

describe("presetId", () => {
  it.each([
    ["Rainy Sunday", "rainy-sunday"],
    ["  Été à Paris! ", "ete-a-paris"],
    ["4 a.m.", "4-a-m"],
    ["a name that is far longer than any id may be", "a-name-that-is-far-longer-than"],
  ])("of %s is %s", (name, id) => {
    expect(presetId(name)).toBe(id);
    expect(parsePresetId(id).ok).toBe(true);
  });

  it.each(["", "   ", "—", "雨"])("knows none for %j", (name) => {
    expect(presetId(name)).toBeNull();
  });
});
