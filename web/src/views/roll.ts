// SPDX-License-Identifier: Apache-2.0
import type { NoteEvent } from "../protocol/generated/messages";
import type { Frames } from "../units";
import { clamp } from "../units";

/** Where the roll's time and pitch lie on a canvas, in CSS pixels. */
export interface RollFrame {
  readonly width: number;
  readonly height: number;
  /** Stream frame heard now. */
  readonly now: Frames;
  /** x of now. */
  readonly nowX: number;
  readonly pixelsPerFrame: number;
}

export interface NoteBar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** How present it is: 1 while it sounds, fading with its distance from now. */
  readonly presence: number;
  /** How it was just struck: 1 at its onset, 0 half a second later. */
  readonly strike: number;
  readonly sounding: boolean;
}

/** Pitches drawn: E1 to C8. Nothing composed lies outside. */
const kLowest = 28;
const kHighest = 108;
const kStrikeSeconds = 0.5;
const kShortest = 3;

export function xOf(frame: Frames, roll: RollFrame): number {
  return roll.nowX + (frame - roll.now) * roll.pixelsPerFrame;
}

/** Centre line of a pitch. */
export function yOf(midi: number, height: number): number {
  const t = (clamp(midi, kLowest, kHighest) - kLowest) / (kHighest - kLowest);
  return height * (0.94 - 0.88 * t);
}

/** Where a note is drawn, or null when it is out of sight. */
export function barOf(note: NoteEvent, roll: RollFrame, rate: number): NoteBar | null {
  const x = xOf(note.at, roll);
  const end = xOf(note.at + note.duration, roll);
  if (end < 0 || x > roll.width) {
    return null;
  }
  const height = clamp(roll.height / 80, 3, 9);
  const sounding = note.at <= roll.now && roll.now < note.at + note.duration;
  const past = clamp((roll.nowX - end) / roll.nowX, 0, 1);
  const age = (roll.now - note.at) / rate;
  return {
    x,
    y: yOf(note.midi, roll.height) - height / 2,
    width: Math.max(end - x, kShortest),
    height,
    presence: sounding ? 1 : note.at > roll.now ? 0.35 : (1 - past) ** 1.6 * 0.62,
    strike: age < 0 ? 0 : clamp(1 - age / kStrikeSeconds, 0, 1),
    sounding,
  };
}
