// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { peakLevels } from "../../audio/peaks";
import type { OnsetBand } from "../../protocol/generated/messages";
import { barNumbers } from "../../state/grid";
import { blocksOf, curveColumns, downbeatsOf, gridLines, numberedBars, onsetLines, partAt, waveColumns } from "./lanes";
import type { Span } from "./span";
import { fitted, timeAt, xAt, zoomed } from "./span";

const kHour = 3600;
const kExtent = { length: kHour, width: 1200 };
const kBands: readonly OnsetBand[] = ["low", "mid", "high"];

/** An hour at 174 beats a minute, with everything in it. */
const hour = (() => {
  const beats = Array.from({ length: kHour * 2.9 }, (_, i) => ({ at: i / 2.9, position: (i % 4) + 1, confidence: 1, downbeat_confidence: 1 }));
  const grid = { beats, beatsPerBar: 4 };
  const bins = Math.ceil((kHour * 44_100) / 256);
  return {
    grid,
    bars: barNumbers(grid),
    downbeats: downbeatsOf(grid),
    peaks: peakLevels({
      seconds: 256 / 44_100,
      low: Float32Array.from({ length: bins }, (_, i) => -Math.abs(Math.sin(i * 0.01))),
      high: Float32Array.from({ length: bins }, (_, i) => Math.abs(Math.sin(i * 0.013))),
    }),
    onsets: Array.from({ length: kHour * 8 }, (_, i) => ({ at: i / 8, strength: (i % 7) / 7, band: kBands[i % 3] ?? "low", confidence: 1 })),
    chords: Array.from({ length: kHour }, (_, i) => ({ from: i, to: i + 1 })),
    curveAt: Float64Array.from({ length: kHour * 10 }, (_, i) => i / 10),
    curve: Float32Array.from({ length: kHour * 10 }, (_, i) => Math.sin(i / 50)),
  };
})();

function drawn(span: Span): number {
  const lines = gridLines(hour.grid, hour.bars, hour.downbeats, span, kExtent);
  return Math.max(
    lines.beats.length, lines.bars.length, numberedBars(lines.bars).length,
    onsetLines(hour.onsets, span, kExtent).length,
    blocksOf(hour.chords, span, kExtent).length,
    curveColumns(hour.curveAt, hour.curve, span, kExtent).low.length,
    waveColumns(hour.peaks, span, kExtent).low.length,
  );
}

describe("what is drawn of an hour", () => {
  it("is never more than the timeline is wide, however close or far", () => {
    for (let factor = 1; factor < 1e4; factor *= 1.7) {
      for (const share of [0, 0.4, 1]) {
        expect(drawn(zoomed(fitted(kExtent), factor, share * kExtent.width, kExtent))).toBeLessThanOrEqual(kExtent.width);
      }
    }
  });

  it("takes as many looks at the waveform from afar as from near", () => {
    for (let factor = 1; factor < 600; factor *= 2) {
      const span = zoomed(fitted(kExtent), factor, 300, kExtent);
      const level = hour.peaks.findLast(({ seconds }) => seconds <= span.scale) ?? hour.peaks[0];
      expect(span.scale / (level?.seconds ?? 0)).toBeLessThan(5);
    }
  });
});

describe("a waveform", () => {
  it("shows an impulse in its column at every distance", () => {
    const low = new Float32Array(100_000);
    const high = new Float32Array(100_000);
    high[61_803] = 1;
    const peaks = peakLevels({ seconds: 0.005, low, high });
    const extent = { length: 500, width: 800 };
    for (const factor of [1, 3, 20, 90]) {
      const span = zoomed(fitted(extent), factor, (61_803 / 100_000) * 800, extent);
      const columns = waveColumns(peaks, span, extent);
      const loudest = columns.high.indexOf(1);
      // A stretch may reach over the edge of its column.
      expect(Math.abs(loudest - xAt(61_803 * 0.005, span))).toBeLessThanOrEqual(2);
    }
  });

  it("is nothing where there is none", () => {
    expect(waveColumns([], { from: 0, scale: 0.1 }, { length: 10, width: 100 }).low.every(Number.isNaN)).toBe(true);
    const short = peakLevels({ seconds: 1, low: new Float32Array(5), high: new Float32Array(5) });
    const columns = waveColumns(short, { from: 0, scale: 0.1 }, { length: 10, width: 100 });
    expect(columns.high[49]).toBe(0);
    expect(columns.high[50]).toBeNaN();
  });
});

describe("a curve", () => {
  it("is joined between its points when near, and its extremes when far", () => {
    const near = curveColumns([0, 1, 2], [0, 10, 0], { from: 0, scale: 0.1 }, { length: 2, width: 20 });
    expect(near.low[5]).toBeCloseTo(5, 5);
    expect(near.low[10]).toBe(10);
    expect(near.high[15]).toBeCloseTo(5, 5);
    const far = curveColumns([0, 0.1, 0.2, 0.3], [3, 9, 1, 4], { from: 0, scale: 1 }, { length: 1, width: 1 });
    expect([far.low[0], far.high[0]]).toEqual([1, 9]);
    expect(curveColumns([], [], { from: 0, scale: 1 }, { length: 1, width: 3 }).low.every(Number.isNaN)).toBe(true);
  });

  it("breaks where its points are too far apart", () => {
    const broken = curveColumns([0, 1, 5], [1, 2, 3], { from: 0, scale: 0.5 }, { length: 5, width: 10 }, 2);
    expect(broken.low[1]).toBeCloseTo(1.5, 5);
    expect([3, 5, 9].every((x) => Number.isNaN(broken.low[x]))).toBe(true);
  });
});

describe("the grid's lines", () => {
  it("stand where their beats are", () => {
    const span = { from: 100, scale: 0.01 };
    const { beats, presence } = gridLines(hour.grid, hour.bars, hour.downbeats, span, kExtent);
    expect(presence).toBe(1);
    for (const line of beats) {
      expect(timeAt(line.x, span)).toBeCloseTo(hour.grid.beats[line.index]?.at ?? 0, 6);
    }
    expect(beats.filter((line) => line.downbeat).length).toBeGreaterThan(5);
  });

  it("keep their bars when one goes closer", () => {
    const numbers = (span: Span): number[] =>
      gridLines(hour.grid, hour.bars, hour.downbeats, span, kExtent).bars.filter(({ x }) => x >= 0 && x <= kExtent.width).map(({ bar }) => bar);
    const far = zoomed(fitted(kExtent), 4, 0, kExtent);
    const near = zoomed(fitted(kExtent), 16, 0, kExtent);
    const inNear = new Set(numbers(near));
    const last = Math.max(...inNear);
    expect(numbers(far).filter((bar) => bar < last).every((bar) => inNear.has(bar))).toBe(true);
  });

  it("are none where there is no beat", () => {
    const none = gridLines({ beats: [], beatsPerBar: 0 }, new Int32Array(0), new Int32Array(0), { from: 0, scale: 1 }, kExtent);
    expect(none.beats).toEqual([]);
    expect(none.bars).toEqual([]);
  });
});

describe("parts", () => {
  const parts = [{ from: 0, to: 2 }, { from: 2, to: 3 }, { from: 4, to: 5 }];
  it("are found by time, the later one at a boundary", () => {
    expect([0, 1.9, 2, 2.5, 3.5, 4, 6].map((at) => partAt(parts, at))).toEqual([0, 0, 1, 1, -1, 2, -1]);
    expect(partAt([], 1)).toBe(-1);
  });

  it("are drawn from edge to edge, and the narrow ones together", () => {
    const extent = { length: 5, width: 50 };
    expect(blocksOf(parts, { from: 1, scale: 0.1 }, extent)[0]).toEqual({ x: -10, width: 20, index: 0 });
    expect(blocksOf(parts, { from: 0, scale: 2 }, extent).length).toBeLessThanOrEqual(2);
  });
});

describe("transients", () => {
  it("keep the strongest of each band where they crowd", () => {
    const onset = (at: number, strength: number, band: OnsetBand): { at: number; strength: number; band: OnsetBand; confidence: number } => ({ at, strength, band, confidence: 1 });
    const lines = onsetLines([onset(1, 0.2, "low"), onset(1.001, 0.9, "low"), onset(1.002, 0.4, "high")], { from: 0, scale: 1 }, { length: 10, width: 10 });
    expect(lines.map(({ strength, band }) => [strength, band])).toEqual([[0.9, "low"], [0.4, "high"]]);
  });
});
