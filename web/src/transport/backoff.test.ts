// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { Backoff } from "./backoff";

describe("Backoff", () => {
  it("doubles from one second and stays at sixty", () => {
    const backoff = new Backoff(() => 0.5);
    const waits = Array.from({ length: 9 }, () => backoff.next());
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("spreads each wait by a fifth either way", () => {
    expect(new Backoff(() => 0).next()).toBeCloseTo(800);
    expect(new Backoff(() => 0.999_999).next()).toBeCloseTo(1200, 1);
  });

  it("starts over once a connection has held", () => {
    const backoff = new Backoff(() => 0.5);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(1000);
  });

  it("never overflows, however long the server is gone", () => {
    const backoff = new Backoff(() => 0.5);
    for (let i = 0; i < 5000; ++i) {
      expect(backoff.next()).toBeLessThanOrEqual(60_000);
    }
  });
});
