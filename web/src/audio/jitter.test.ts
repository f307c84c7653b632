// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { JitterEstimator } from "./jitter";

describe("JitterEstimator", () => {
  it("is zero for chunks that come like clockwork", () => {
    const jitter = new JitterEstimator();
    for (let i = 0; i < 100; ++i) {
      jitter.arrived(5000 + i * 20, i * 20);
    }
    expect(jitter.jitter).toBe(0);
  });

  it("takes a tenth of each new deviation", () => {
    const jitter = new JitterEstimator();
    jitter.arrived(0, 0);
    expect(jitter.arrived(50, 20)).toBe(30);
    expect(jitter.jitter).toBeCloseTo(3);
    jitter.arrived(70, 40);
    expect(jitter.jitter).toBeCloseTo(2.7);
  });

  it("settles at the mean deviation", () => {
    const jitter = new JitterEstimator();
    for (let i = 0; i < 300; ++i) {
      jitter.arrived(i * 20 + (i % 2) * 15, i * 20);
    }
    expect(jitter.jitter).toBeCloseTo(15, 5);
  });

  it("does not take an interruption for jitter", () => {
    const jitter = new JitterEstimator();
    jitter.arrived(0, 0);
    jitter.interrupted();
    jitter.arrived(9000, 20);
    expect(jitter.jitter).toBe(0);
  });
});
