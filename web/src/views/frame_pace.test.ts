// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { FramePace } from "./frame_pace";

/** Frames drawn in `seconds` on a screen that gives one every `interval` ms. */
function drawn(pace: FramePace, from: number, seconds: number, interval: number): number {
  let count = 0;
  for (let t = from; t < from + seconds * 1000; t += interval) {
    count += pace.take(t) ? 1 : 0;
  }
  return count;
}

describe("FramePace", () => {
  it("draws every frame a machine can give", () => {
    expect(drawn(new FramePace(), 0, 10, 1000 / 60)).toBeCloseTo(600, -1);
    expect(drawn(new FramePace(), 0, 10, 1000 / 120)).toBeCloseTo(1200, -1);
  });

  it("draws less where the machine is strained", () => {
    const pace = new FramePace();
    drawn(pace, 0, 10, 40);
    expect(drawn(pace, 10_000, 10, 1000 / 60)).toBeLessThan(200);
  });

  it("tries again after a minute's respite", () => {
    const pace = new FramePace();
    drawn(pace, 0, 3, 30);
    drawn(pace, 3000, 190, 1000 / 60);
    expect(drawn(pace, 200_000, 1, 1000 / 60)).toBeCloseTo(60, -1);
  });

  it("does not take a tab's absence for strain", () => {
    const pace = new FramePace();
    drawn(pace, 0, 5, 1000 / 60);
    expect(drawn(pace, 3_600_000, 5, 1000 / 60)).toBeCloseTo(300, -1);
  });
});
