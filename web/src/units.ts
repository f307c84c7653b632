// SPDX-License-Identifier: Apache-2.0

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]?: Name };

/** Wall or stream time. */
export type Seconds = Unit<"seconds">;
export type Milliseconds = Unit<"milliseconds">;
/** A position or length on a sample clock: one frame is one sample of every channel. */
export type Frames = Unit<"frames">;
/** Cycles per second; sample rates and frequencies. */
export type Hertz = Unit<"hertz">;
/** 20 log10 of an amplitude ratio. */
export type Decibels = Unit<"decibels">;
/** Milliseconds since the Unix epoch by this machine's clock. */
export type EpochMs = Unit<"epoch-ms">;

export function framesToMs(frames: Frames, rate: Hertz): Milliseconds {
  return (frames / rate) * 1000;
}

export function msToFrames(time: Milliseconds, rate: Hertz): Frames {
  return Math.round((time / 1000) * rate);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
