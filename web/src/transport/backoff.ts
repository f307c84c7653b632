// SPDX-License-Identifier: Apache-2.0
import type { Milliseconds } from "../units";

const kFirstMs = 1000;
const kLongestMs = 60_000;
const kSpread = 0.2;

/**
 * How long to wait before the next attempt: 1, 2, 4 … 60 s, each ± 20 %, so that a thousand pages that lost one
 * server do not come back in one instant.
 */
export class Backoff {
  private attempts = 0;

  /** @param random uniform in [0, 1) */
  constructor(private readonly random: () => number) {}

  next(): Milliseconds {
    const wait = Math.min(kFirstMs * 2 ** this.attempts, kLongestMs);
    this.attempts = Math.min(this.attempts + 1, 16);
    return wait * (1 + kSpread * (2 * this.random() - 1));
  }

  reset(): void {
    this.attempts = 0;
  }
}
