// SPDX-License-Identifier: Apache-2.0
import type { LayerName, Mode } from "../protocol/generated/messages";

/** The tonics round the circle of fifths, clockwise from the top, each in its usual spelling. */
export const kCircle = ["C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F"] as const;

/** The modes from bright to dark, by how many sharps they put above the tonic; then the ones with gaps. */
export const kModes: readonly { readonly mode: Mode; readonly name: string }[] = [
  { mode: "lydian", name: "Lydian" },
  { mode: "ionian", name: "Ionian" },
  { mode: "mixolydian", name: "Mixolydian" },
  { mode: "dorian", name: "Dorian" },
  { mode: "aeolian", name: "Aeolian" },
  { mode: "phrygian", name: "Phrygian" },
  { mode: "locrian", name: "Locrian" },
  { mode: "harmonic_minor", name: "Harmonic minor" },
  { mode: "major_pentatonic", name: "Major pentatonic" },
  { mode: "minor_pentatonic", name: "Minor pentatonic" },
];

export const kLayers: readonly { readonly layer: LayerName; readonly name: string }[] = [
  { layer: "piano", name: "Piano" },
  { layer: "pad", name: "Pad" },
  { layer: "bass", name: "Bass" },
  { layer: "bells", name: "Bells" },
  { layer: "percussion", name: "Percussion" },
];

const kLetterFifths: Readonly<Record<string, number>> = { F: -1, C: 0, G: 1, D: 2, A: 3, E: 4, B: 5 };

/** Steps clockwise from C on the circle of fifths, 0 to 11; null for what is no note name. */
export function circlePosition(name: string): number | null {
  const letter = kLetterFifths[name.charAt(0)];
  if (letter === undefined || !/^.[#b]*$/.test(name)) {
    return null;
  }
  const accidentals = [...name.slice(1)].reduce((sum, sign) => sum + (sign === "#" ? 7 : -7), 0);
  return (((letter + accidentals) % 12) + 12) % 12;
}

/** C is a warm amber; each fifth turns the colour by a twelfth, so that close keys look close. */
const kHueOfC = 70;

/** Colour of a note name, degrees of hue; close on the circle of fifths is close in colour. */
export function hueOf(name: string): number {
  return (kHueOfC + 30 * (circlePosition(name) ?? 0)) % 360;
}

/** A chord name taken apart for setting: root, accidental, and the rest set smaller. */
export interface ChordText {
  readonly root: string;
  readonly accidental: "sharp" | "flat" | null;
  readonly quality: string;
  readonly bass: { readonly root: string; readonly accidental: "sharp" | "flat" | null } | null;
}

function accidentalOf(sign: string | undefined): "sharp" | "flat" | null {
  return sign === "#" ? "sharp" : sign === "b" ? "flat" : null;
}

/** Takes "F#m7" or "G/B" apart; null for what is no chord. */
export function chordText(name: string): ChordText | null {
  const match = /^([A-G])(#|b)?([^/]*)(?:\/([A-G])(#|b)?)?$/.exec(name);
  if (match === null) {
    return null;
  }
  const [, root = "", sign, quality = "", bass, bassSign] = match;
  return {
    root,
    accidental: accidentalOf(sign),
    quality: quality.replace("m7b5", "ø7"),
    bass: bass === undefined ? null : { root: bass, accidental: accidentalOf(bassSign) },
  };
}

/** Root of a chord, with its accidental; null for what is no chord. */
export function rootOf(name: string): string | null {
  return /^[A-G][#b]?/.exec(name)?.[0] ?? null;
}

/** A chord name in one line of plain text. */
export function plainChord(name: string): string {
  const sign = (text: string): string => text.replace("#", "♯").replace("b", "♭");
  return name.replace("m7b5", "ø7").replace(/^[A-G][#b]?|\/[A-G][#b]?/g, sign);
}

/** A note or chord name in words, for a screen reader. */
export function spoken(name: string): string {
  return name.replace(/^([A-G])#/, "$1 sharp").replace(/^([A-G])b/, "$1 flat").replace("/", " over ");
}

export function modeName(mode: Mode): string {
  return kModes.find((m) => m.mode === mode)?.name ?? mode;
}
