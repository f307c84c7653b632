// SPDX-License-Identifier: Apache-2.0
import type { Milliseconds } from "../units";

export const kTiers = [300, 500, 700, 1000] as const;

/**
 * Jitter above which the next deeper tier is taken. A mean deviation of j has bursts of about 5 j, which the tier must
 * outlast beside the 20 ms a chunk lasts.
 */
const kRaiseAbove = [45, 80, 120] as const;
/** A shallower tier is taken only when jitter has stayed below this share of the threshold that raised it… */
const kLowerBelow = 0.5;
/** …for this long. */
const kCalmMs = 30_000;

/**
 * How much sound to hold ready: four tiers, driven by jitter and by underruns. Up at once, down one at a time after
 * half a minute of calm, so that the buffer does not swing.
 */
export class TierPolicy {
  private index = 0;
  private calmSince: Milliseconds | null = null;

  get target(): Milliseconds {
    return kTiers[this.index] ?? kTiers[0];
  }

  /** @returns whether the tier changed */
  update(jitter: Milliseconds, now: Milliseconds): boolean {
    let wanted = 0;
    while (wanted < kRaiseAbove.length && jitter > (kRaiseAbove[wanted] ?? Infinity)) {
      ++wanted;
    }
    if (wanted > this.index) {
      this.index = wanted;
      this.calmSince = null;
      return true;
    }
    const raisedAt = kRaiseAbove[this.index - 1];
    if (raisedAt === undefined || jitter >= raisedAt * kLowerBelow) {
      this.calmSince = null;
      return false;
    }
    this.calmSince ??= now;
    if (now - this.calmSince < kCalmMs) {
      return false;
    }
    this.index -= 1;
    this.calmSince = now;
    return true;
  }

  /** The buffer ran dry: one tier deeper. */
  underrun(): boolean {
    this.calmSince = null;
    if (this.index === kTiers.length - 1) {
      return false;
    }
    this.index += 1;
    return true;
  }
}
