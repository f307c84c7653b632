// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { Throttle } from "./throttle";

describe("Throttle", () => {
  it("lets the first word through at once", () => {
    const throttle = new Throttle<number>();
    throttle.offer("bpm", 60);
    expect(throttle.due(0)).toEqual([60]);
    expect(throttle.due(0)).toEqual([]);
  });

  it("sends at most twenty a second, and the last value last", () => {
    const throttle = new Throttle<number>();
    const sent: number[] = [];
    for (let t = 0; t <= 1000; ++t) {
      throttle.offer("bpm", t);
      sent.push(...throttle.due(t));
    }
    expect(sent.length).toBeLessThanOrEqual(21);
    sent.push(...throttle.due(2000));
    expect(sent.at(-1)).toBe(1000);
  });

  it("does not let one control hold up another", () => {
    const throttle = new Throttle<string>();
    throttle.offer("bpm", "a");
    throttle.due(0);
    throttle.offer("bpm", "b");
    throttle.offer("key", "c");
    expect(throttle.due(10)).toEqual(["c"]);
    expect(throttle.wait(10)).toBe(40);
    expect(throttle.due(50)).toEqual(["b"]);
    expect(throttle.wait(50)).toBeNull();
  });

  it("says nothing of what was withdrawn", () => {
    const throttle = new Throttle<number>();
    throttle.offer("a", 1);
    throttle.offer("b", 2);
    throttle.withdraw("a");
    expect(throttle.due(0)).toEqual([2]);
  });
});
