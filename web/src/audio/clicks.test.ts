// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { ClickPlan, clickSound } from "./clicks";

const kClicks = Array.from({ length: 40 }, (_, i) => ({ at: i * 0.5, downbeat: i % 4 === 0 }));

describe("the clicks of a grid", () => {
  it("come each once, in whatever stretches they are taken", () => {
    for (const step of [0.01, 0.3, 7]) {
      const plan = new ClickPlan(kClicks, 0);
      const taken = [];
      for (let until = 0; until < 30; until += step) {
        taken.push(...plan.take(until));
      }
      expect(taken).toEqual(kClicks);
    }
  });

  it("begin where one begins to listen", () => {
    expect(new ClickPlan(kClicks, 5).take(6.2).map(({ at }) => at)).toEqual([5, 5.5, 6]);
    expect(new ClickPlan(kClicks, 99).take(100)).toEqual([]);
    expect(new ClickPlan([], 0).take(100)).toEqual([]);
  });
});

describe("the sound of a click", () => {
  const loudest = (samples: Float32Array): number => samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);

  it("is louder on a downbeat, begins at once, ends in silence and never clips", () => {
    for (const rate of [44_100, 48_000]) {
      const beat = clickSound(rate, false);
      const downbeat = clickSound(rate, true);
      expect(loudest(downbeat)).toBeGreaterThan(1.5 * loudest(beat));
      expect(loudest(downbeat)).toBeLessThan(1);
      expect(loudest(beat.subarray(0, rate / 1000))).toBeGreaterThan(0.7 * loudest(beat));
      expect(Math.abs(beat.at(-1) ?? 1)).toBeLessThan(1e-3);
    }
  });
});
