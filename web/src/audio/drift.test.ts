// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { DriftController, kMaxCorrection } from "./drift";

/** Plays for `seconds` with a sound card that is `skew` fast; returns the excess over target at the end. */
function simulate(controller: DriftController, skew: number, seconds: number, start = 0): { excess: number; peak: number } {
  const step = 0.01;
  let excess = start;
  let peak = 0;
  for (let t = 0; t < seconds; t += step) {
    const pace = controller.update(excess, step);
    peak = Math.max(peak, Math.abs(pace));
    excess += step * (1 - (1 + skew) * (1 + pace));
  }
  return { excess, peak };
}

describe("DriftController", () => {
  it("leaves a buffer at its target alone", () => {
    expect(new DriftController().update(0, 0.01)).toBe(0);
  });

  it.each([-0.001, -0.0002, 0.0002, 0.001])("takes out a clock difference of %d within five minutes", (skew) => {
    expect(Math.abs(simulate(new DriftController(), skew, 300).excess)).toBeLessThan(0.002);
  });

  it("brings back a buffer that is 200 ms off within two minutes without swinging past by a tier", () => {
    const controller = new DriftController();
    const early = simulate(controller, 0, 60, 0.2);
    expect(Math.abs(early.excess)).toBeLessThan(0.05);
    expect(Math.abs(simulate(controller, 0, 60, early.excess).excess)).toBeLessThan(0.02);
  });

  it("never bends the pace by more than its bound, whatever the error", () => {
    for (const start of [-5, 5]) {
      expect(simulate(new DriftController(), 0, 30, start).peak).toBeLessThanOrEqual(kMaxCorrection);
    }
  });

  it("glides: no step of pace a listener could hear", () => {
    const controller = new DriftController();
    let last = 0;
    for (let i = 0; i < 1000; ++i) {
      const pace = controller.update(i % 2 === 0 ? 1 : -1, 0.0027);
      expect(Math.abs(pace - last)).toBeLessThan(0.000_003);
      last = pace;
    }
  });
});
