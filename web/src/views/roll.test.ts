// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { NoteEvent } from "../protocol/generated/messages";
import type { RollFrame } from "./roll";
import { barOf, xOf, yOf } from "./roll";

const kRate = 48_000;
const kRoll: RollFrame = { width: 1000, height: 400, now: 480_000, nowX: 800, pixelsPerFrame: 50 / kRate };
const note = (at: number, duration: number, midi = 60): NoteEvent => ({ at, duration, midi, layer: "piano", velocity: 60, name: "C4" });

describe("the piano roll", () => {
  it("puts what is heard now on the line of now", () => {
    expect(xOf(kRoll.now, kRoll)).toBe(800);
    expect(barOf(note(480_000, 1000), kRoll, kRate)).toMatchObject({ x: 800, sounding: true, presence: 1, strike: 1 });
  });

  it("draws the past to the left, fading", () => {
    const near = barOf(note(432_000, 1000), kRoll, kRate);
    const far = barOf(note(96_000, 1000), kRoll, kRate);
    expect(near?.x).toBe(750);
    expect(near?.sounding).toBe(false);
    expect(near?.presence ?? 0).toBeGreaterThan(far?.presence ?? 1);
  });

  it("does not light a note before it sounds", () => {
    expect(barOf(note(484_800, 4800), kRoll, kRate)).toMatchObject({ sounding: false, strike: 0 });
  });

  it("leaves out what is out of sight", () => {
    expect(barOf(note(0, 1000), { ...kRoll, now: 48_000 * 100 }, kRate)).toBeNull();
    expect(barOf(note(4_800_000, 1000), kRoll, kRate)).toBeNull();
  });

  it("draws higher notes higher, and none off the canvas", () => {
    expect(yOf(72, 400)).toBeLessThan(yOf(60, 400));
    expect(yOf(0, 400)).toBeLessThanOrEqual(400);
    expect(yOf(127, 400)).toBeGreaterThanOrEqual(0);
  });

  it("keeps even the shortest note visible", () => {
    expect(barOf(note(480_000, 1), kRoll, kRate)?.width).toBeGreaterThanOrEqual(3);
  });
});
