// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { hermite } from "./hermite";

const at = (f: (x: number) => number, t: number): number => hermite(f(-1), f(0), f(1), f(2), t);

describe("hermite", () => {
  it("passes through the samples", () => {
    expect(hermite(3, 1, -2, 7, 0)).toBe(1);
    expect(hermite(3, 1, -2, 7, 1)).toBeCloseTo(-2, 12);
  });

  it("is exact for constants, lines and parabolas", () => {
    for (const t of [0, 0.1, 0.5, 0.9]) {
      expect(at(() => 0.7, t)).toBeCloseTo(0.7, 12);
      expect(at((x) => 2 * x - 1, t)).toBeCloseTo(2 * t - 1, 12);
      expect(at((x) => x * x - x, t)).toBeCloseTo(t * t - t, 12);
    }
  });

  it("keeps a 1 kHz tone at 48 kHz clean to -80 dB", () => {
    const step = (2 * Math.PI * 1000) / 48_000;
    let worst = 0;
    for (let n = 0; n < 480; ++n) {
      const t = (n * 0.37) % 1;
      worst = Math.max(worst, Math.abs(at((x) => Math.sin(step * (n + x)), t) - Math.sin(step * (n + t))));
    }
    expect(20 * Math.log10(worst)).toBeLessThan(-80);
  });
});
