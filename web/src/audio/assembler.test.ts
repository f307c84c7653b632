// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";

import { Anchors } from "./anchors";
import { StreamAssembler } from "./assembler";

const kRate = 48_000;
const tone = (frame: number): number => 0.5 * Math.sin((2 * Math.PI * 440 * frame) / kRate);
const chunk = (at: number, frames = 960): Float32Array => Float32Array.from({ length: frames }, (_, i) => tone(at + i));

let out: number[];
let full: boolean;
let assembler: StreamAssembler;
let anchors: Anchors;

beforeEach(() => {
  out = [];
  full = false;
  anchors = new Anchors();
  assembler = new StreamAssembler({
    write: (left, _right, from, count) => {
      if (!full) {
        out.push(...left.slice(from, from + count));
      }
      return !full;
    },
  }, kRate, (anchor) => { anchors.add(anchor); });
});

const push = (at: number, frames = 960): number | null => assembler.push(at, chunk(at, frames), chunk(at, frames));

describe("StreamAssembler", () => {
  it("writes chunks that follow one another as they are", () => {
    push(48_000);
    push(48_960);
    expect(out).toEqual([...chunk(48_000, 1920)]);
    expect(assembler.lost).toBe(0);
  });

  it("knows which stream frame lies at which position", () => {
    expect(anchors.frameAt(0)).toBeNull();
    push(48_000);
    push(48_960);
    expect(anchors.frameAt(0)).toBe(48_000);
    expect(anchors.frameAt(1000.5)).toBe(49_000.5);
  });

  it("leaves out what it had already, as after a reconnect", () => {
    push(0);
    push(0);
    push(480);
    expect(out).toEqual([...chunk(0, 1440)]);
  });

  it("bridges a missing chunk without a step and keeps the place of what follows", () => {
    push(0);
    push(1920);
    expect(out.length).toBe(2880);
    expect(assembler.lost).toBe(960);
    expect(anchors.frameAt(2000)).toBe(2000);
    const steepest = 0.5 * 2 * Math.PI * (440 / kRate) * 1.1;
    out.forEach((v, i) => { expect(Math.abs(v - (out[i - 1] ?? 0))).toBeLessThan(steepest); });
  });

  it("starts a new run after a long gap and says what to leave behind", () => {
    push(0);
    expect(push(480_000)).toBe(960);
    expect(out.length).toBe(1920);
    expect(anchors.frameAt(959)).toBe(959);
    expect(anchors.frameAt(960)).toBe(480_000);
  });

  it("starts anew when told, even further back", () => {
    push(96_000);
    assembler.restart();
    expect(push(0)).toBe(960);
    expect(anchors.frameAt(1000)).toBe(40);
  });

  it("keeps the mapping right when the buffer was full", () => {
    push(0);
    full = true;
    push(960);
    full = false;
    push(1920);
    expect(assembler.overflowed).toBe(960);
    expect(anchors.frameAt(960)).toBe(1920);
  });
});
