// SPDX-License-Identifier: Apache-2.0
import type { Mode } from "../protocol/generated/messages";

/** A chord of a key, by name and by its degree as a Roman numeral: lower case where its third is minor. */
export interface DegreeChord {
  readonly chord: string;
  readonly numeral: string;
}

/** How many fifths each degree lies above the tonic. */
const kDegrees: Readonly<Record<Mode, readonly number[]>> = {
  ionian: [0, 2, 4, -1, 1, 3, 5],
  dorian: [0, 2, -3, -1, 1, 3, -2],
  phrygian: [0, -5, -3, -1, 1, -4, -2],
  lydian: [0, 2, 4, 6, 1, 3, 5],
  mixolydian: [0, 2, 4, -1, 1, 3, -2],
  aeolian: [0, 2, -3, -1, 1, -4, -2],
  locrian: [0, -5, -3, -1, -6, -4, -2],
  harmonic_minor: [0, 2, -3, -1, 1, -4, 5],
  // Five notes make few triads: the chords are those of the seven-note scale that fills the gaps.
  major_pentatonic: [0, 2, 4, -1, 1, 3, 5],
  minor_pentatonic: [0, 2, -3, -1, 1, -4, -2],
};

const kLetters = "FCGDAEB";
const kNumerals = ["I", "II", "III", "IV", "V", "VI", "VII"] as const;

/** Fifths above C. \pre a letter and any accidentals */
function fifthsOf(name: string): number {
  const signs = [...name.slice(1)].reduce((sum, sign) => sum + (sign === "#" ? 7 : -7), 0);
  return kLetters.indexOf(name.charAt(0)) - 1 + signs;
}

/** The note's name, by its simpler neighbour where it would take two accidentals. */
function nameOf(fifths: number): string {
  const simple = fifths < -8 ? fifths + 12 : fifths > 12 ? fifths - 12 : fifths;
  const letter = kLetters.charAt((((simple + 1) % 7) + 7) % 7);
  const signs = Math.floor((simple + 1) / 7);
  return letter + (signs < 0 ? "b".repeat(-signs) : "#".repeat(signs));
}

/** The seven triads of a key. */
export function chordsOf(tonic: string, mode: Mode): readonly DegreeChord[] {
  const degrees = kDegrees[mode];
  const home = fifthsOf(tonic);
  return degrees.map((degree, i) => {
    // An interval of n fifths is 7 n semitones; what is an octave more or less does not matter here.
    const above = (steps: number): number => (((((degrees[(i + steps) % 7] ?? 0) - degree) * 7) % 12) + 12) % 12;
    const minor = above(2) === 3;
    const fifth = above(4);
    const numeral = kNumerals[i] ?? "";
    const root = nameOf(home + degree);
    if (fifth === 6) {
      return { chord: `${root}dim`, numeral: `${numeral.toLowerCase()}°` };
    }
    if (fifth === 8) {
      return { chord: `${root}aug`, numeral: `${numeral}+` };
    }
    return { chord: root + (minor ? "m" : ""), numeral: minor ? numeral.toLowerCase() : numeral };
  });
}

/** A triad in words, for a screen reader. */
export function spokenTriad(chord: string): string {
  const match = /^([A-G])(#*|b*)(m|dim|aug)?$/.exec(chord);
  if (match === null) {
    return chord;
  }
  const [, letter = "", signs = "", quality = ""] = match;
  const sign = signs.startsWith("#") ? " sharp" : signs.startsWith("b") ? " flat" : "";
  return `${letter}${sign} ${{ m: "minor", dim: "diminished", aug: "augmented" }[quality] ?? "major"}`;
}
