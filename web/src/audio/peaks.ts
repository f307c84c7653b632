// SPDX-License-Identifier: Apache-2.0
import type { PeakLevel, Peaks } from "../protocol/peaks";
import type { Hertz } from "../units";

/** Each level has stretches this many times as long as the one before. */
const kCoarser = 4;
/** A level this short is drawn whole. */
const kShortest = 256;
/** What one of our own finest stretches takes. */
const kFinestFrames = 256;

/** Adds the coarser levels to a finest one. */
export function peakLevels(finest: PeakLevel): Peaks {
  const levels = [finest];
  for (let level = finest; level.low.length > kShortest;) {
    const length = Math.ceil(level.low.length / kCoarser);
    const next: PeakLevel = { seconds: level.seconds * kCoarser, low: new Float32Array(length), high: new Float32Array(length) };
    for (let i = 0; i < length; ++i) {
      let low = Infinity;
      let high = -Infinity;
      const end = Math.min((i + 1) * kCoarser, level.low.length);
      for (let k = i * kCoarser; k < end; ++k) {
        low = Math.min(low, level.low[k] ?? 0);
        high = Math.max(high, level.high[k] ?? 0);
      }
      next.low[i] = low;
      next.high[i] = high;
    }
    levels.push(next);
    level = next;
  }
  return levels;
}

/** The peaks of decoded sound, over all its channels. */
export function peaksOfSound(channels: readonly Float32Array[], rate: Hertz): Peaks {
  const frames = channels[0]?.length ?? 0;
  const length = Math.ceil(frames / kFinestFrames);
  const low = new Float32Array(length);
  const high = new Float32Array(length);
  for (const samples of channels) {
    for (let i = 0; i < length; ++i) {
      const end = Math.min((i + 1) * kFinestFrames, frames);
      let least = low[i] ?? 0;
      let most = high[i] ?? 0;
      for (let n = i * kFinestFrames; n < end; ++n) {
        const sample = samples[n] ?? 0;
        if (sample < least) {
          least = sample;
        } else if (sample > most) {
          most = sample;
        }
      }
      low[i] = least;
      high[i] = most;
    }
  }
  return peakLevels({ seconds: kFinestFrames / rate, low, high });
}
