// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { modeValues } from "../protocol/generated/messages";
import { chordsOf, spokenTriad } from "./harmony";
import { kCircle } from "./music";

const names = (...key: Parameters<typeof chordsOf>): string => chordsOf(...key).map(({ chord }) => chord).join(" ");

describe("chordsOf", () => {
  it.each([
    ["C", "ionian", "C Dm Em F G Am Bdim"],
    ["A", "aeolian", "Am Bdim C Dm Em F G"],
    ["A", "harmonic_minor", "Am Bdim Caug Dm E F G#dim"],
    ["D", "dorian", "Dm Em F G Am Bdim C"],
    ["E", "phrygian", "Em F G Am Bdim C Dm"],
    ["F", "lydian", "F G Am Bdim C Dm Em"],
    ["G", "mixolydian", "G Am Bdim C Dm Em F"],
    ["B", "locrian", "Bdim C Dm Em F G Am"],
    ["F#", "ionian", "F# G#m A#m B C# D#m E#dim"],
    ["Db", "ionian", "Db Ebm Fm Gb Ab Bbm Cdim"],
    ["A", "minor_pentatonic", "Am Bdim C Dm Em F G"],
  ] as const)("of %s %s are %s", (tonic, mode, chords) => {
    expect(names(tonic, mode)).toBe(chords);
  });

  it("writes degrees large for major, small for minor", () => {
    expect(chordsOf("C", "ionian").map(({ numeral }) => numeral)).toEqual(["I", "ii", "iii", "IV", "V", "vi", "vii°"]);
    expect(chordsOf("A", "harmonic_minor")[2]?.numeral).toBe("III+");
  });

  it("never takes two accidentals, and never names a chord twice", () => {
    for (const tonic of [...kCircle, "C#", "D#", "G#", "A#", "Gb", "Cb"]) {
      for (const mode of modeValues) {
        const chords = chordsOf(tonic, mode).map(({ chord }) => chord);
        expect(new Set(chords).size).toBe(7);
        chords.forEach((chord) => { expect(chord).toMatch(/^[A-G][#b]?(m|dim|aug)?$/); });
      }
    }
  });
});

it("triads are spoken in words", () => {
  expect(spokenTriad("F#m")).toBe("F sharp minor");
  expect(spokenTriad("Bb")).toBe("B flat major");
  expect(spokenTriad("Bdim")).toBe("B diminished");
  expect(spokenTriad("Am7/G")).toBe("Am7/G");
});
