// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { peakLevels, peaksOfSound } from "./peaks";

describe("peaks", () => {
  it("of silence and of nothing are flat", () => {
    const [silent] = peaksOfSound([new Float32Array(1000)], 44_100);
    expect(silent?.low.length).toBe(4);
    expect(silent?.high.every((value) => value === 0)).toBe(true);
    expect(peaksOfSound([new Float32Array(0)], 44_100)[0]?.low.length).toBe(0);
    expect(peaksOfSound([], 44_100)[0]?.low.length).toBe(0);
  });

  it("show an impulse on any channel where it lies, on every level", () => {
    const left = new Float32Array(600_000);
    const right = new Float32Array(600_000);
    left[300_000] = 0.75;
    right[300_010] = -0.5;
    const peaks = peaksOfSound([left, right], 48_000);
    expect(peaks.length).toBeGreaterThan(2);
    for (const level of peaks) {
      const at = Math.floor(300_000 / 48_000 / level.seconds);
      expect(level.high[at]).toBe(0.75);
      expect(level.low[at]).toBe(-0.5);
      expect(level.high.filter((value) => value !== 0).length).toBe(1);
    }
  });

  it("keep their extremes as they get coarser, and end with few", () => {
    const low = Float32Array.from({ length: 5003 }, (_, i) => -Math.abs(Math.sin(i)));
    const high = Float32Array.from({ length: 5003 }, (_, i) => Math.abs(Math.cos(i)));
    const levels = peakLevels({ seconds: 0.01, low, high });
    for (const level of levels) {
      expect(Math.min(...level.low)).toBe(Math.min(...low));
      expect(Math.max(...level.high)).toBe(Math.max(...high));
    }
    expect(levels.at(-1)?.low.length).toBeLessThanOrEqual(256);
  });
});
