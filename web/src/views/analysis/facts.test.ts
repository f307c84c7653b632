// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { AnalysisDocument } from "../../protocol/generated/messages";
import { gridOf } from "../../state/grid";
import { factsOf, leftWords, originWords, placeWords, stateWords } from "./facts";

const kBare: AnalysisDocument = {
  analysis: 1, engine: "0.1.0",
  source: { name: "a.wav", sha256: "", length: 83, sample_rate: 44_100, channels: 2, truncated: false },
};
const kFull: AnalysisDocument = {
  ...kBare,
  tempo: { candidates: [{ bpm: 120.04, confidence: 0.8 }, { bpm: 60.02, confidence: 0.3 }], curve: [] },
  beats: {
    beats_per_bar: 3, metre_confidence: 0.9,
    grid: [3, 1, 2, 3, 1].map((position, i) => ({ at: 1 + i * 0.5, position, confidence: 1, downbeat_confidence: 1 })),
  },
  key: {
    best: { tonic: "F#", mode: "minor", camelot: "11A", confidence: 0.7 }, runner_up: { tonic: "A", mode: "major", camelot: "11B", confidence: 0.2 },
    tuning: 441, tuning_confidence: 0.5, parts: [],
  },
  chords: [{ from: 0, to: 2, chord: "F#m", runner_up: null, confidence: 1 }, { from: 2, to: 4, chord: null, runner_up: null, confidence: 1 }],
  sections: [{ from: 0, to: 80, label: "A", confidence: 1 }],
};

describe("the summary", () => {
  it("has no fact for what was not asked for, and none made up for what was not found", () => {
    expect(factsOf(kBare)).toEqual([]);
    const found = factsOf({ ...kBare, tempo: { candidates: [], curve: [] }, key: { best: null, runner_up: null, tuning: 440, tuning_confidence: 0, parts: [] } });
    expect(found.map(({ value, confidence }) => [value, confidence])).toEqual([["–", 0], ["–", 0]]);
  });

  it("names alternatives, runner-up and how sure all that is", () => {
    const [tempo, key] = factsOf(kFull);
    expect(tempo).toMatchObject({ value: "120.0", unit: "bpm", confidence: 0.8, details: ["or 60.0", "3 in a bar, 90 % sure"] });
    expect(key).toMatchObject({ value: "F♯ minor", tag: "11A", confidence: 0.7, details: ["or A major, 11B", "A4 at 441.0 Hz, 50 % sure"] });
  });

  it("says who heard the beats where a network did, or could not", () => {
    const by = (more: Partial<NonNullable<AnalysisDocument["beats"]>>): string[] | undefined =>
      kFull.beats === undefined ? [] : factsOf({ ...kFull, beats: { ...kFull.beats, ...more } })[0]?.details.slice(2);
    expect(by({ method: "signal" })).toEqual([]);
    expect(by({ method: "network", network: "beats-file 1.0.0" })).toEqual(["beats by beats-file 1.0.0"]);
    expect(by({ method: "signal", why_no_network: "its file is gone" })).toEqual(["beats by signal processing: its file is gone"]);
  });

  it("says who heard the key in the same way", () => {
    const by = (more: Partial<NonNullable<AnalysisDocument["key"]>>): string[] | undefined =>
      kFull.key === undefined ? [] : factsOf({ ...kFull, key: { ...kFull.key, ...more } })[1]?.details.slice(2);
    expect(by({ method: "signal" })).toEqual([]);
    expect(by({ method: "network", network: "key 1.0.0" })).toEqual(["key by key 1.0.0"]);
    expect(by({ method: "signal", why_no_network: "its file is gone" })).toEqual(["key by signal processing: its file is gone"]);
  });

  it("says whence, how far and how long", () => {
    expect(originWords(kBare)).toBe("1:23 · 44.1 kHz · stereo");
    expect([0.2, 12, 400].map(leftWords)).toEqual(["a moment left", "about 12 s left", "about 7 min left"]);
    expect(stateWords({ id: "0123456789abcdef", name: "a", state: "running", progress: 0.42, created: 0 })).toBe("42 %");
  });
});

describe("a place in words", () => {
  it("names beat, chord, key and section", () => {
    expect(placeWords(kFull, gridOf(kFull.beats), 1.5)).toBe("0:01.5, bar 1, beat 1, F sharp minor, section A");
    expect(placeWords(kFull, gridOf(kFull.beats), 3.2)).toBe("0:03.2, bar 2, beat 1, no chord, section A");
    expect(placeWords(kBare, gridOf(undefined), 9)).toBe("0:09.0");
  });
});
