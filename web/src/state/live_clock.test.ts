// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { LiveClock } from "./live_clock";

/** Sound that began at wall 100 s, told of ten times a second, a little late each time. */
function told(clock: LiveClock, from: number, to: number, late: (n: number) => number): void {
  for (let n = Math.round(from * 10); n < Math.round(to * 10); ++n) {
    clock.heard(n / 10, 100 + n / 10 + late(n));
  }
}

describe("the clock of what is heard live", () => {
  it("stands at nothing before there is news", () => {
    expect(new LiveClock().now(5)).toBe(0);
  });

  it("follows the news that came soonest", () => {
    const clock = new LiveClock();
    told(clock, 0, 10, (n) => (n % 7 === 0 ? 0.02 : 0.15));
    expect(clock.now(110)).toBeCloseTo(110 - 100 - 0.02, 1);
  });

  it("runs evenly however the news bunches", () => {
    const clock = new LiveClock();
    let before = 0;
    for (let wall = 100; wall < 120; wall += 1 / 60) {
      if (Math.floor(wall * 60) % 20 === 0) {
        told(clock, Math.max(0, wall - 100.33), wall - 100, () => 0.05);
      }
      const now = clock.now(wall);
      if (wall > 102) {
        expect(now - before).toBeGreaterThan(0.5 / 60);
        expect(now - before).toBeLessThan(1.5 / 60);
      }
      before = now;
    }
  });

  it("waits a little after the last news, and no longer", () => {
    const clock = new LiveClock();
    told(clock, 0, 5, () => 0.05);
    clock.now(105);
    for (let wall = 105; wall < 115; wall += 1 / 60) {
      clock.now(wall);
    }
    expect(clock.now(115)).toBeLessThan(5.6);
  });

  it("jumps over a past that is told at once", () => {
    const clock = new LiveClock();
    for (let n = 0; n < 600; ++n) {
      clock.heard(n / 10, 200);
    }
    expect(clock.now(200)).toBeCloseTo(59.9, 3);
  });

  it("takes the moment from who knows it, but not beyond what was heard", () => {
    const clock = new LiveClock();
    told(clock, 0, 10, () => 0.02);
    expect(clock.now(110, 9.2)).toBeCloseTo(9.2, 5);
    expect(clock.now(110.1, 50)).toBeLessThan(10.5);
  });

  it("is as new after a reset", () => {
    const clock = new LiveClock();
    told(clock, 0, 10, () => 0.02);
    clock.now(110);
    clock.reset();
    expect(clock.now(111)).toBe(0);
    clock.heard(1, 200);
    expect(clock.now(200)).toBe(1);
  });
});
