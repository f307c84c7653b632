// SPDX-License-Identifier: Apache-2.0
import type { Seconds } from "../units";

/** Lowest and highest sample, over all channels, of every stretch of so many seconds, in [-1, 1]. */
export interface PeakLevel {
  readonly seconds: Seconds;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** The same waveform ever coarser, finest first: whoever draws takes the level whose stretches are about a pixel. */
export type Peaks = readonly PeakLevel[];

/** "APKS", read as one little-endian number. */
const kMagic = 0x534b5041;
const kVersion = 1;
const kHeaderBytes = 32;
const kLevelBytes = 16;
const kValuesEach = 3;

/** Reads the document that src/auralis/media/waveform_peaks.hpp describes; null for what is none. */
export function parsePeaks(document: ArrayBuffer): Peaks | null {
  const view = new DataView(document);
  if (view.byteLength < kHeaderBytes || view.getUint32(0, true) !== kMagic || view.getUint16(4, true) !== kVersion) {
    return null;
  }
  const bits = view.getUint8(6);
  const channels = view.getUint8(7);
  const rate = view.getFloat64(8, true);
  const levels = view.getUint32(24, true);
  if ((bits !== 8 && bits !== 16) || channels < 1 || !(rate > 0) || view.byteLength < kHeaderBytes + levels * kLevelBytes) {
    return null;
  }
  const peaks: PeakLevel[] = [];
  for (let n = 0; n < levels; ++n) {
    const head = kHeaderBytes + n * kLevelBytes;
    const frames = view.getUint32(head, true);
    const points = view.getUint32(head + 4, true);
    const offset = Number(view.getBigUint64(head + 8, true));
    const values = points * channels * kValuesEach;
    if (frames === 0 || offset % 4 !== 0 || offset + (values * bits) / 8 > view.byteLength) {
      return null;
    }
    const level: PeakLevel = { seconds: frames / rate, low: new Float32Array(points), high: new Float32Array(points) };
    const unit = bits === 8 ? 127 : 32_767;
    const value = (i: number): number => (bits === 8 ? view.getInt8(offset + i) : view.getInt16(offset + 2 * i, true)) / unit;
    for (let point = 0; point < points; ++point) {
      let low = Infinity;
      let high = -Infinity;
      for (let channel = 0; channel < channels; ++channel) {
        const at = (point * channels + channel) * kValuesEach;
        low = Math.min(low, value(at));
        high = Math.max(high, value(at + 1));
      }
      level.low[point] = low;
      level.high[point] = high;
    }
    peaks.push(level);
  }
  return peaks;
}
