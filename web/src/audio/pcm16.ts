// SPDX-License-Identifier: Apache-2.0

/** A sample in [-1, 1] as 16 bits; what is louder is clipped, what is no number is silence. */
export function toPcm16(sample: number): number {
  return Number.isNaN(sample) ? 0 : Math.round(Math.min(Math.max(sample, -1), 1) * 32_767);
}
