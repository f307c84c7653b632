// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { parsePeaks } from "./peaks";

/** @param levels frames a point, and points of [min, max, rms] a channel */
function document(bits: 8 | 16, channels: number, levels: readonly { readonly frames: number; readonly values: readonly number[] }[]): ArrayBuffer {
  const bytes = bits / 8;
  const sizes = levels.map(({ values }) => Math.ceil((values.length * bytes) / 4) * 4);
  const start = 32 + 16 * levels.length;
  const buffer = new ArrayBuffer(start + sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(buffer);
  [..."APKS"].forEach((letter, i) => { view.setUint8(i, letter.charCodeAt(0)); });
  view.setUint16(4, 1, true);
  view.setUint8(6, bits);
  view.setUint8(7, channels);
  view.setFloat64(8, 48_000, true);
  view.setUint32(24, levels.length, true);
  let offset = start;
  levels.forEach(({ frames, values }, n) => {
    view.setUint32(32 + 16 * n, frames, true);
    view.setUint32(36 + 16 * n, values.length / 3 / channels, true);
    view.setBigUint64(40 + 16 * n, BigInt(offset), true);
    values.forEach((value, i) => {
      if (bits === 8) {
        view.setInt8(offset + i, value);
      } else {
        view.setInt16(offset + 2 * i, value, true);
      }
    });
    offset += sizes[n] ?? 0;
  });
  return buffer;
}

describe("a document of peaks", () => {
  it("is read in 8 and in 16 bits, the extremes of all channels together", () => {
    const eight = parsePeaks(document(8, 2, [{ frames: 480, values: [-127, 0, 9, 0, 127, 9, 0, 0, 0, 0, 0, 0] }, { frames: 1920, values: [-127, 0, 9, 0, 127, 9] }]));
    expect(eight?.map(({ seconds, low, high }) => [seconds, [...low], [...high]])).toEqual([[0.01, [-1, 0], [1, 0]], [0.04, [-1], [1]]]);
    expect(parsePeaks(document(16, 1, [{ frames: 480, values: [-32_767, 32_767, 5] }]))?.[0]).toMatchObject({ low: Float32Array.of(-1), high: Float32Array.of(1) });
    expect(parsePeaks(document(8, 1, []))).toEqual([]);
  });

  it("is refused where it is cut short, of another version, or none at all", () => {
    const whole = document(8, 1, [{ frames: 256, values: [-3, 4, 1, -3, 4, 1] }]);
    for (let length = 0; length < whole.byteLength - 3; ++length) {
      expect(parsePeaks(whole.slice(0, length))).toBeNull();
    }
    for (const [at, value] of [[0, 66], [4, 2], [6, 12], [7, 0], [32, 0]] as const) {
      const broken = whole.slice(0);
      new DataView(broken).setUint8(at, value);
      if (at === 32) {
        new DataView(broken).setUint32(32, 0, true);
      }
      expect(parsePeaks(broken)).toBeNull();
    }
  });
});
