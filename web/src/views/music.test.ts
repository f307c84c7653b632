// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { modeValues } from "../protocol/generated/messages";
import { chordText, circlePosition, hueOf, kCircle, kModes, plainChord, rootOf, spoken } from "./music";

describe("the circle of fifths", () => {
  it("finds each of its twelve names at its place", () => {
    expect(kCircle.map((name) => circlePosition(name))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("puts enharmonic spellings at one place", () => {
    expect(circlePosition("Gb")).toBe(circlePosition("F#"));
    expect(circlePosition("C##")).toBe(circlePosition("D"));
    expect(circlePosition("Fb")).toBe(circlePosition("E"));
  });

  it("knows what is no name", () => {
    expect(circlePosition("H")).toBeNull();
    expect(circlePosition("")).toBeNull();
    expect(circlePosition("Cm")).toBeNull();
  });

  it("gives neighbours neighbouring colours", () => {
    expect((hueOf("G") - hueOf("C") + 360) % 360).toBe(30);
    expect((hueOf("C") - hueOf("F") + 360) % 360).toBe(30);
  });
});

describe("chordText", () => {
  it.each([
    ["C", { root: "C", accidental: null, quality: "", bass: null }],
    ["F#dim", { root: "F", accidental: "sharp", quality: "dim", bass: null }],
    ["Bbmaj7", { root: "B", accidental: "flat", quality: "maj7", bass: null }],
    ["Bm7b5", { root: "B", accidental: null, quality: "ø7", bass: null }],
    ["G/B", { root: "G", accidental: null, quality: "", bass: { root: "B", accidental: null } }],
    ["Am7/Eb", { root: "A", accidental: null, quality: "m7", bass: { root: "E", accidental: "flat" } }],
  ])("takes %s apart", (name, text) => {
    expect(chordText(name)).toEqual(text);
  });

  it("refuses what is no chord", () => {
    expect(chordText("N.C.")).toBeNull();
  });
});

it("every mode has a name", () => {
  expect(kModes.map((m) => m.mode).toSorted()).toEqual([...modeValues].toSorted());
});

it("chords are written in one line with real signs", () => {
  expect(plainChord("F#m7/Bb")).toBe("F♯m7/B♭");
  expect(plainChord("Bm7b5")).toBe("Bø7");
  expect(rootOf("Bbmaj7/F")).toBe("Bb");
  expect(rootOf("?")).toBeNull();
});

it("names are spoken in words", () => {
  expect(spoken("F#")).toBe("F sharp");
  expect(spoken("Bbm7/Eb")).toBe("B flatm7 over Eb");
});
