// SPDX-License-Identifier: Apache-2.0
import type { Decibels, Hertz } from "../units";
import { clamp } from "../units";

const kLowestHertz = 40;
const kHighestHertz = 12_000;
/** Ambient music falls off with frequency; this tilt lets its upper partials be seen. */
const kTiltPerOctave: Decibels = 2.2;
const kFloor: Decibels = -88;
const kCeiling: Decibels = -24;

/** First and last analyser bin of each band, bands equal on a logarithmic scale from 40 Hz to 12 kHz. */
export function bandEdges(bands: number, bins: number, sampleRate: Hertz): Float32Array {
  const edges = new Float32Array(bands + 1);
  const perBin = sampleRate / 2 / bins;
  for (let i = 0; i <= bands; ++i) {
    edges[i] = clamp((kLowestHertz * (kHighestHertz / kLowestHertz) ** (i / bands)) / perBin, 1, bins - 1);
  }
  return edges;
}

/** Level of each band in [0, 1] from an analyser's decibels; narrow bands are interpolated between bins. */
export function bandLevels(decibels: Float32Array, edges: Float32Array, out: Float32Array): void {
  const octaves = Math.log2(kHighestHertz / kLowestHertz);
  for (let i = 0; i < out.length; ++i) {
    const from = edges[i] ?? 0;
    const to = edges[i + 1] ?? from;
    let level = -Infinity;
    if (to - from < 1) {
      const middle = (from + to) / 2;
      const bin = Math.floor(middle);
      const t = middle - bin;
      level = (decibels[bin] ?? kFloor) * (1 - t) + (decibels[bin + 1] ?? kFloor) * t;
    } else {
      for (let bin = Math.floor(from); bin <= to; ++bin) {
        level = Math.max(level, decibels[bin] ?? kFloor);
      }
    }
    const tilted = level + (i / out.length) * octaves * kTiltPerOctave;
    out[i] = Number.isFinite(tilted) ? clamp((tilted - kFloor) / (kCeiling - kFloor), 0, 1) : 0;
  }
}

/** Follows rises quickly and falls slowly, as an eye likes it. @param elapsed seconds since the last call */
export function settle(shown: Float32Array, levels: Float32Array, elapsed: number, fallSeconds: number): void {
  const rise = 1 - Math.exp(-elapsed / 0.04);
  const fall = 1 - Math.exp(-elapsed / fallSeconds);
  for (let i = 0; i < shown.length; ++i) {
    const from = shown[i] ?? 0;
    const to = levels[i] ?? 0;
    shown[i] = from + (to - from) * (to > from ? rise : fall);
  }
}
