// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { Grid } from "./grid";
import {
  barNumbers, canDouble, canHalve, doubled, firstAtOrAfter, gridOf, gridTempo, halved, nearestBeat, resultOf, shifted, withDownbeat, withMetre,
} from "./grid";

/** @param pickup beats before the first downbeat */
function steady(count: number, bpm: number, bar = 4, pickup = 0): Grid {
  const position = (i: number): number => (bar === 0 ? 0 : ((((i - pickup) % bar) + bar) % bar) + 1);
  return {
    beatsPerBar: bar,
    beats: Array.from({ length: count }, (_, i) => ({ at: 0.25 + (i * 60) / bpm, position: position(i), confidence: 0.9, downbeat_confidence: 0.7 })),
  };
}
const positions = (grid: Grid): number[] => grid.beats.map((beat) => beat.position);
const times = (grid: Grid): number[] => grid.beats.map((beat) => beat.at);

describe("a grid of beats", () => {
  it("that is empty stays empty, whatever is done to it", () => {
    const none = gridOf(undefined);
    for (const changed of [doubled(none), halved(none), shifted(none, 10), withDownbeat(none, 0), withMetre(none, 3)]) {
      expect(changed.beats).toEqual([]);
    }
    expect(gridTempo(none)).toBeNull();
    expect(nearestBeat(none, 1)).toBe(-1);
    expect(canDouble(none)).toBe(false);
    expect(canHalve(none)).toBe(false);
  });

  it("has the tempo of its median beat", () => {
    const grid = steady(40, 120);
    const slipped = { ...grid, beats: grid.beats.filter((_, i) => i !== 17) };
    expect(gridTempo(grid)).toBeCloseTo(120, 6);
    expect(gridTempo(slipped)).toBeCloseTo(120, 6);
    expect(gridTempo(steady(1, 120))).toBeNull();
  });

  it.each([[4, 0], [4, 1], [3, 0], [3, 2], [0, 0]])("doubled and halved is what it was: %i beats in a bar, %i before the first", (bar, pickup) => {
    const grid = steady(25, 100, bar, pickup);
    expect(halved(doubled(grid))).toEqual(grid);
    expect(gridTempo(doubled(grid))).toBeCloseTo(200, 6);
    expect(gridTempo(halved(grid))).toBeCloseTo(50, 6);
  });

  it("keeps its downbeats when doubled, and every other one when halved", () => {
    const grid = steady(16, 100, 4, 2);
    const downbeats = (of: Grid): number[] => of.beats.filter((beat) => beat.position === 1).map((beat) => beat.at);
    expect(downbeats(doubled(grid))).toEqual(expect.arrayContaining(downbeats(grid)));
    expect(downbeats(halved(grid))).toEqual(downbeats(grid).filter((_, i) => i % 2 === 0));
    expect(positions(halved(grid)).slice(0, 5)).toEqual([4, 1, 2, 3, 4]);
  });

  it("shifted there and back is where it was, even beyond the beginning", () => {
    const grid = shifted(steady(50, 97), 0);
    let moved = shifted(grid, -700);
    expect(times(moved)[0]).toBeCloseTo(-0.45, 6);
    for (let i = 0; i < 70; ++i) {
      moved = shifted(moved, 10);
    }
    expect(times(moved)).toEqual(times(grid));
    expect(positions(moved)).toEqual(positions(grid));
  });

  it("counts its bars from the downbeat that is set", () => {
    expect(positions(withDownbeat(steady(9, 120), 2))).toEqual([3, 4, 1, 2, 3, 4, 1, 2, 3]);
    expect(positions(withDownbeat(steady(5, 120, 0), 1))).toEqual([4, 1, 2, 3, 4]);
    expect(positions(withMetre(steady(8, 120, 4, 1), 3))).toEqual([3, 1, 2, 3, 1, 2, 3, 1]);
    expect([...barNumbers(steady(10, 120, 4, 1))]).toEqual([0, 1, 1, 1, 1, 2, 2, 2, 2, 3]);
  });

  it("finds the beat nearest to a time", () => {
    const grid = steady(5, 60);
    expect([0, 0.7, 0.8, 2.2, 100].map((at) => nearestBeat(grid, at))).toEqual([0, 0, 1, 2, 4]);
    expect(firstAtOrAfter(grid.beats, 1.25)).toBe(1);
    expect(firstAtOrAfter(grid.beats, 99)).toBe(5);
  });

  it("may be doubled only while that is a pulse", () => {
    expect(canDouble(steady(9, 180))).toBe(true);
    expect(canDouble(steady(9, 400))).toBe(false);
  });

  it("leaves out of the document what lies outside the recording", () => {
    const result = resultOf(shifted(steady(4, 60), -500), 2.5, 0.6);
    expect(result.grid.map((beat) => beat.at)).toEqual([0.75, 1.75]);
    expect(result.metre_confidence).toBe(0.6);
  });
});
