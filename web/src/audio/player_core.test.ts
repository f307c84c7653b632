// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { PlayerCore } from "./player_core";
import { FrameRing, allocateRing } from "./ring";

const kRate = 48_000;
const kBlock = 128;

interface Rig {
  readonly ring: FrameRing;
  readonly core: PlayerCore;
  /** Frames written so far. */
  written: number;
  readonly out: number[];
}

function rig(options: { streamRate?: number; outputRate?: number; targetMs?: number } = {}): Rig {
  const streamRate = options.streamRate ?? kRate;
  const ring = new FrameRing(allocateRing(2 ** 18, false));
  const target = ((options.targetMs ?? 300) * streamRate) / 1000;
  return { ring, core: new PlayerCore(ring, streamRate, options.outputRate ?? kRate, target), written: 0, out: [] };
}

const tone = (frame: number, rate = kRate, hertz = 440): number => 0.5 * Math.sin((2 * Math.PI * hertz * frame) / rate);

function feed(r: Rig, frames: number, sample: (frame: number) => number = tone): void {
  const left = Float32Array.from({ length: frames }, (_, i) => sample(r.written + i));
  expect(r.ring.write(left, left, 0, frames)).toBe(true);
  r.written += frames;
}

function play(r: Rig, blocks: number): void {
  const left = new Float32Array(kBlock);
  const right = new Float32Array(kBlock);
  for (let b = 0; b < blocks; ++b) {
    r.core.process(left, right);
    expect(right).toEqual(left);
    r.out.push(...left);
  }
}

const largestStep = (samples: readonly number[]): number =>
  samples.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (samples[i - 1] ?? 0))), 0);
/** The steepest a 440 Hz tone of 0.5 gets, with a little room for the fades. */
const kSmooth = 0.5 * 2 * Math.PI * (440 / kRate) * 1.1;

describe("PlayerCore", () => {
  it("is silent until the buffer holds its target", () => {
    const r = rig();
    feed(r, 14_000);
    play(r, 10);
    expect(r.core.state).toBe("filling");
    expect(Math.max(...r.out.map(Math.abs))).toBe(0);
    feed(r, 400);
    play(r, 1);
    expect(r.core.state).toBe("playing");
  });

  it("plays the samples themselves when rates agree and the buffer is at its target", () => {
    const r = rig();
    feed(r, 14_400);
    for (let i = 0; i < 100; ++i) {
      play(r, 1);
      feed(r, kBlock);
    }
    const error = r.out.slice(1000).map((v, i) => Math.abs(v - tone(i + 1000)));
    expect(Math.max(...error)).toBeLessThan(0.002);
  });

  it("starts at its target when a burst brought more", () => {
    const r = rig();
    feed(r, 40_000);
    play(r, 1);
    expect(r.ring.available()).toBeLessThanOrEqual(14_400);
    expect(r.core.position).toBeGreaterThanOrEqual(40_000 - 14_400);
  });

  it("leaves out what the rest of a first burst brought on top", () => {
    const r = rig();
    feed(r, 14_400);
    play(r, 1);
    feed(r, 4800);
    for (let i = 0; i < 400; ++i) {
      play(r, 1);
      feed(r, kBlock);
    }
    expect(Math.abs(r.ring.available() - 14_400) / kRate).toBeLessThan(0.03);
    expect(r.core.splices).toBe(1);
    expect(largestStep(r.out)).toBeLessThan(kSmooth * 1.5);
  });

  it("keeps the pitch when the sound card runs at another rate", () => {
    const r = rig({ outputRate: 44_100 });
    feed(r, 14_400);
    let owed = 0;
    for (let i = 0; i < 700; ++i) {
      play(r, 1);
      owed += kBlock * (48_000 / 44_100);
      feed(r, Math.floor(owed));
      owed -= Math.floor(owed);
    }
    const settled = r.out.slice(44_100);
    let crossings = 0;
    settled.forEach((v, i) => { crossings += v >= 0 && (settled[i - 1] ?? 0) < 0 ? 1 : 0; });
    expect((crossings / settled.length) * 44_100).toBeCloseTo(440, -0.5);
    expect(largestStep(r.out)).toBeLessThan(kSmooth * (48_000 / 44_100));
  });

  it("fades out before the buffer runs dry, counts it, refills to the target and fades in: no click anywhere", () => {
    const r = rig();
    feed(r, 15_000);
    play(r, 140);
    expect(r.core.state).toBe("filling");
    expect(r.core.underruns).toBe(1);
    feed(r, 10_000);
    play(r, 10);
    expect(r.core.state).toBe("filling");
    feed(r, 5000);
    play(r, 30);
    expect(r.core.state).toBe("playing");
    expect(r.core.underruns).toBe(1);
    expect(largestStep(r.out)).toBeLessThan(kSmooth);
    expect(r.out.at(-1)).not.toBe(0);
  });

  it("does not call silence that was asked for an underrun", () => {
    const r = rig();
    r.core.expectSound = false;
    feed(r, 15_000);
    play(r, 140);
    expect(r.core.state).toBe("filling");
    expect(r.core.underruns).toBe(0);
  });

  it("leaves the old stream behind without a click when told where the new one starts", () => {
    const r = rig();
    feed(r, 20_000);
    play(r, 20);
    r.core.dropBefore(r.written);
    play(r, 10);
    expect(r.core.state).toBe("filling");
    expect(r.core.position).toBe(20_000);
    expect(r.core.underruns).toBe(0);
    expect(largestStep(r.out)).toBeLessThan(kSmooth);
  });

  it("comes down to a lower target by pace alone, leaving nothing out", () => {
    const r = rig({ targetMs: 500 });
    feed(r, 24_000);
    play(r, 1);
    r.core.setTarget(14_400);
    const still = new Float32Array(960);
    const out = new Float32Array(960);
    for (let i = 0; i < 80 * 50; ++i) {
      r.core.process(out, new Float32Array(960));
      r.ring.write(still, still, 0, 960);
    }
    expect(r.core.splices).toBe(0);
    expect(Math.abs(r.ring.available() - 14_400) / kRate).toBeLessThan(0.03);
  });

  it("plays on when told to leave behind what it has played already", () => {
    const r = rig();
    feed(r, 20_000);
    play(r, 20);
    r.core.dropBefore(1000);
    play(r, 10);
    expect(r.core.state).toBe("playing");
    expect(largestStep(r.out)).toBeLessThan(kSmooth);
  });

  it("lays passages over each other to get rid of half a second too much", () => {
    const r = rig();
    feed(r, 14_400);
    play(r, 1);
    feed(r, 30_000);
    for (let i = 0; i < 1500; ++i) {
      play(r, 1);
      feed(r, kBlock);
    }
    expect(r.core.splices).toBe(1);
    expect(r.ring.available()).toBeLessThan(14_400 + 0.2 * kRate);
    expect(r.core.underruns).toBe(0);
    expect(largestStep(r.out)).toBeLessThan(kSmooth * 1.5);
  });

  it("gives the same sound whatever the block size", () => {
    const whole = rig();
    const parts = rig();
    feed(whole, 20_000);
    feed(parts, 20_000);
    const a = new Float32Array(256);
    whole.core.process(a, new Float32Array(256));
    const b = new Float32Array(128);
    const c = new Float32Array(128);
    parts.core.process(b, new Float32Array(128));
    parts.core.process(c, new Float32Array(128));
    [...b, ...c].forEach((v, i) => { expect(v).toBeCloseTo(a[i] ?? NaN, 4); });
  });

  it("counts what it consumed", () => {
    const r = rig();
    feed(r, 20_000);
    play(r, 30);
    expect(r.core.position).toBe(20_000 - r.ring.available());
  });
});
