// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { AnalysisDocument } from "../../protocol/generated/messages";
import { lanesOf, scoreOf } from "./paint";

const kEmpty: AnalysisDocument = {
  analysis: 1, engine: "test",
  source: { name: "a.wav", sha256: "", length: 10, sample_rate: 44_100, channels: 1, truncated: false },
};
const kNoGrid = { beats: [], beatsPerBar: 0 };

describe("a score's pitch", () => {
  it("is that of the voiced frames alone, in notes", () => {
    const score = scoreOf({ ...kEmpty, pitch: { at: [0, 0.01, 0.02, 0.03], f0: [220, -300, 0, 440], voicing: [1, 0, 0, 1] } }, kNoGrid);
    expect([...score.pitchAt]).toEqual([0, 0.03]);
    expect([...score.pitch]).toEqual([57, 69]);
  });

  it("leaves room around a single note, and a slip does not squeeze the rest", () => {
    const f0 = Array.from({ length: 1000 }, () => 440);
    f0[500] = 7040;
    const { lowestPitch, highestPitch } = scoreOf({ ...kEmpty, pitch: { at: f0.map((_, i) => i / 100), f0, voicing: f0.map(() => 1) } }, kNoGrid);
    expect([lowestPitch, highestPitch]).toEqual([63, 75]);
  });

  it("has a lane where there is a voice", () => {
    const lanes = (f0: number): string[] => lanesOf({ ...kEmpty, pitch: { at: [0], f0: [f0], voicing: [0] } }).map(({ lane }) => lane);
    expect(lanes(440)).toEqual(["ruler", "waveform", "pitch"]);
    expect(lanes(-440)).toEqual(["ruler", "waveform"]);
    expect(lanesOf(kEmpty, true).map(({ lane }) => lane)).toEqual(["ruler"]);
    expect(lanesOf({ ...kEmpty, pitch: { at: [], f0: [], voicing: [] } }, true).map(({ lane }) => lane), "it may come").toEqual(["ruler", "pitch"]);
  });
});
