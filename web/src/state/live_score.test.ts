// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { HeardEvent, Tonic } from "../protocol/generated/messages";
import { LiveScore } from "./live_score";

const beat = (at: number, position: number, bpm = 120): HeardEvent => ({ type: "beat", at, latency: 0.1, position, beats_per_bar: 4, bpm, confidence: 0.5, downbeat_confidence: 0.5 });
const chord = (at: number, name: string | null): HeardEvent => ({ type: "chord", at, latency: 0.5, chord: name, confidence: 0.7 });
const loudness = (at: number, level: number): HeardEvent => ({ type: "loudness", at, latency: 0, momentary: level, short_term: level });
const onset = (at: number): HeardEvent => ({ type: "onset", at, latency: 0.03, strength: 1, band: "low", confidence: 1 });
const key = (at: number, tonic: Tonic, whole: Tonic = tonic): HeardEvent => {
  const candidate = (name: Tonic) => ({ tonic: name, mode: "major", camelot: "8B", confidence: 0.6 }) as const;
  return { type: "key", at, latency: 0, best: candidate(tonic), runner_up: candidate(tonic), whole: candidate(whole) };
};

describe("a score that grows while it is heard", () => {
  it("keeps beats in the order of time, however they come", () => {
    const score = new LiveScore();
    [beat(1, 1), beat(2, 3), beat(1.5, 2)].forEach((event) => { score.take(event); });
    expect(score.grid().beats.map(({ at }) => at)).toEqual([1, 1.5, 2]);
    expect(score.beatAt(1.6)?.position).toBe(2);
    expect(score.beatAt(0.9)).toBeNull();
  });

  it("shows the tempo that is said, not that of each beat", () => {
    const score = new LiveScore();
    score.take(beat(0.5, 1, 66));
    expect(score.tempoAt(1)).toBeNull();
    score.take({ type: "tempo", at: 1, latency: 0, candidates: [{ bpm: 66, confidence: 0.5 }, { bpm: 132, confidence: 0.3 }] });
    [beat(1.4, 2, 132), beat(2.3, 3, 66)].forEach((event) => { score.take(event); });
    expect(score.tempoAt(0.9)).toBeNull();
    expect(score.tempoAt(2)).toEqual({ at: 1.4, bpm: 66, confidence: 0.5 });
    expect(score.document(3).tempo?.curve.map(({ at, bpm }) => [at, bpm])).toEqual([[1, 66], [1.4, 66], [2.3, 66]]);
    score.clear();
    score.take(beat(0.5, 1));
    expect(score.tempoAt(1)).toBeNull();
  });

  it("lets a chord last until the next one, or now", () => {
    const score = new LiveScore();
    [chord(0, "C"), chord(2, "Am7"), chord(3, null)].forEach((event) => { score.take(event); });
    score.carryOn(4.5);
    expect(score.document(4.5).chords).toMatchObject([{ from: 0, to: 2, chord: "C" }, { from: 2, to: 3, chord: "Am7" }, { from: 3, to: 4.5, chord: null }]);
    expect(score.chordAt(2.5)?.chord).toBe("Am7");
    expect(score.chordAt(9)?.chord).toBeNull();
  });

  it("corrects a chord that is said again", () => {
    const score = new LiveScore();
    [chord(0, "C"), chord(2, "Am"), chord(2, "F"), chord(4, "G")].forEach((event) => { score.take(event); });
    expect(score.document(5).chords?.map(({ from, to, chord: name }) => [from, to, name])).toEqual([[0, 2, "C"], [2, 4, "F"], [4, 4, "G"]]);
  });

  it("shows a part of the form once it has ended", () => {
    const score = new LiveScore();
    expect(score.hasSections).toBe(false);
    score.take({ type: "segment", at: 32, latency: 18, from: 0, label: "A", confidence: 0.5 });
    expect(score.document(50).sections).toEqual([{ from: 0, to: 32, label: "A", confidence: 0.5 }]);
    expect(score.hasSections).toBe(true);
  });

  it("keeps of a voice what was heard of it, and nothing of the rests", () => {
    const score = new LiveScore();
    expect(score.hasVoice).toBe(false);
    const before = score.document(0).pitch;
    score.take({ type: "voice", at: 2, latency: 0.1, step: 0.01, f0: [220, 0, 221] });
    score.take({ type: "voice", at: 2.16, latency: 0.1, step: 0.01, f0: [0, 222] });
    const { pitch } = score.document(3);
    expect(score.hasVoice).toBe(true);
    expect(pitch?.f0).toEqual([220, 221, 222]);
    [2, 2.02, 2.17].forEach((at, i) => { expect(pitch?.at[i]).toBeCloseTo(at, 9); });
    expect(pitch, "what is made of the older one is not taken for it").not.toBe(before);
    score.take(loudness(700, -20));
    expect(score.document(700).pitch?.f0).toEqual([]);
    expect(score.hasVoice).toBe(false);
  });

  it("knows key and level of a moment", () => {
    const score = new LiveScore();
    [key(0, "C"), loudness(0.1, -20), loudness(0.2, -18), key(10, "Eb")].forEach((event) => { score.take(event); });
    expect(score.keyAt(5)?.tonic).toBe("C");
    expect(score.keyAt(10)?.tonic).toBe("Eb");
    expect(score.levelAt(0.15)).toBe(-20);
    expect(score.levelAt(0)).toBeNull();
  });

  it("tells the key of the whole from that of its parts", () => {
    const score = new LiveScore();
    [key(0, "C"), key(10, "G", "C"), key(15, "G", "G"), key(20, "C", "G")].forEach((event) => { score.take(event); });
    expect(score.keyAt(12)?.tonic).toBe("C");
    expect(score.keyAt(30)?.tonic).toBe("G");
    expect(score.document(30).key?.parts.map(({ from, best }) => [from, best.tonic])).toEqual([[0, "C"], [10, "G"], [20, "C"]]);
  });

  it("forgets what is long past, counts bars on, and keeps the chord that holds", () => {
    const score = new LiveScore();
    score.take(chord(0, "C"));
    score.take(key(0, "C"));
    for (let n = 0; n < 1600; ++n) {
      score.take(beat(n / 2, (n % 4) + 1));
      score.take(onset(n / 2));
      score.take(loudness(n / 2, -20));
    }
    const document = score.document(800);
    expect(document.beats?.grid[0]?.at).toBeGreaterThan(450);
    expect(document.onsets?.length).toBeLessThan(700);
    expect(document.loudness?.curve.at.length).toBe(document.loudness?.curve.momentary.length);
    expect(score.bars().at(-1)).toBe(400);
    expect(score.chordAt(800)?.chord).toBe("C");
    expect(score.keyAt(800)?.tonic).toBe("C");
  });

  it("is empty once cleared, and says that it changed", () => {
    const score = new LiveScore();
    score.take(beat(1, 1));
    const before = score.changes;
    score.clear();
    expect(score.changes).toBeGreaterThan(before);
    expect(score.document(0).beats?.grid).toEqual([]);
    expect(score.beatAt(10)).toBeNull();
  });
});
