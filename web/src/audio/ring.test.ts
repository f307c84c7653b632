// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { FrameRing, allocateRing } from "./ring";

const ramp = (from: number, count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => from + i);

describe("FrameRing", () => {
  it("is empty when new", () => {
    const ring = new FrameRing(allocateRing(64, false));
    expect(ring.available()).toBe(0);
    expect(ring.capacity).toBe(64);
  });

  it("gives back what was written, in order, round the end many times", () => {
    const ring = new FrameRing(allocateRing(64, false));
    let next = 0;
    for (let round = 0; round < 100; ++round) {
      const values = ramp(round * 40, 40);
      expect(ring.write(values, values.map((v) => -v), 0, 40)).toBe(true);
      for (let i = 0; i < 40; ++i) {
        expect(ring.peek(0, 0)).toBe(next);
        expect(ring.peek(0, 1) + next).toBe(0);
        ring.skip(1);
        ++next;
      }
    }
  });

  it("refuses what does not fit, whole, and keeps what the interpolator looks back at", () => {
    const ring = new FrameRing(allocateRing(64, false));
    expect(ring.write(ramp(0, 57), ramp(0, 57), 0, 57)).toBe(false);
    expect(ring.available()).toBe(0);
    expect(ring.write(ramp(0, 56), ramp(0, 56), 0, 56)).toBe(true);
    ring.skip(1);
    ring.write(ramp(100, 1), ramp(100, 1), 0, 1);
    expect(ring.peek(-1, 0)).toBe(0);
  });

  it("keeps counting where 32-bit indices wrap", () => {
    const memory = allocateRing(64, false);
    new Int32Array(memory.indices).fill(2 ** 31 - 10);
    const ring = new FrameRing(memory);
    ring.write(ramp(0, 40), ramp(0, 40), 0, 40);
    expect(ring.available()).toBe(40);
    ring.skip(25);
    expect(ring.peek(0, 0)).toBe(25);
    expect(ring.available()).toBe(15);
  });

  it("is one ring seen from both ends of shared memory", () => {
    const memory = allocateRing(64, true);
    const writer = new FrameRing(memory);
    const reader = new FrameRing(memory);
    writer.write(ramp(5, 3), ramp(5, 3), 0, 3);
    expect(reader.available()).toBe(3);
    reader.skip(3);
    expect(writer.available()).toBe(0);
  });

  it("refuses a capacity that is no power of two", () => {
    expect(() => allocateRing(100, false)).toThrow(RangeError);
  });
});
