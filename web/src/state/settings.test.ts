// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { Settings } from "./settings";
import { formatSettings, kDefaultSettings, parseSettings } from "./settings";

const kSome: Settings = {
  ...kDefaultSettings,
  volume: 0.25,
  theme: "light",
  station: "private",
  codec: "pcm16",
  grid: "bar",
  preset: "sleep",
  parameters: {
    key: "Eb", mode: "dorian", bpm: 72, intensity: 0.3, density: 0.4, brightness: 0.5, humanise: 0.6,
    layers: {
      piano: { level: 1, muted: false }, pad: { level: 0.5, muted: true }, bass: { level: 1, muted: false },
      bells: { level: 1, muted: false }, percussion: { level: 0, muted: false },
    },
  },
};

describe("settings", () => {
  it("come back as they were saved", () => {
    expect(parseSettings(formatSettings(kSome))).toEqual(kSome);
  });

  it.each([null, "", "{", "7", "null", "[]", '{"version":2,"volume":0.1}'])("are the defaults where %j is stored", (text) => {
    expect(parseSettings(text)).toEqual(kDefaultSettings);
  });

  it("keep what is sound beside what is not", () => {
    const broken = { ...(JSON.parse(formatSettings(kSome)) as object), volume: 7, grid: "tomorrow", parameters: { key: "H" } };
    expect(parseSettings(JSON.stringify(broken))).toEqual({ ...kSome, volume: 0.8, grid: "beat", parameters: null });
  });
});
