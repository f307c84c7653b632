// SPDX-License-Identifier: Apache-2.0
import type { Milliseconds } from "../units";

/** Shortest time between two drawings, from a screen's own pace to what a machine without a GPU holds. */
const kIntervals = [0, 30, 60] as const;
/** A mean time between frames above this says that drawing at the present pace is too much. */
const kStrainedMs = 24;
const kSmoothing = 0.05;
/** A longer pause is a tab that was away, and says nothing about the machine. */
const kAwayMs = 400;
const kFramesToJudge = 30;
/** How long to draw less before trying more again; the page's sound matters more than its picture. */
const kRespiteMs = 60_000;

/** Decides which frames are drawn: all of them, or fewer where the machine cannot keep up. */
export class FramePace {
  private level = 0;
  private mean: Milliseconds = 0;
  private judged = 0;
  private lastFrame: Milliseconds | null = null;
  private lastDrawn: Milliseconds = -Infinity;
  private loweredAt: Milliseconds = 0;

  /** @returns whether to draw this frame */
  take(now: Milliseconds): boolean {
    const interval = now - (this.lastFrame ?? -Infinity);
    if (interval < kAwayMs) {
      this.mean = this.judged === 0 ? interval : this.mean + kSmoothing * (interval - this.mean);
      this.judged += 1;
    }
    this.lastFrame = now;
    if (this.judged > kFramesToJudge) {
      if (this.mean > kStrainedMs && this.level < kIntervals.length - 1) {
        this.change(this.level + 1, now);
      } else if (this.level > 0 && now - this.loweredAt > kRespiteMs) {
        this.change(this.level - 1, now);
      }
    }
    // 30 and 60 ms are a little under two and four frames of a 60 Hz screen, so that a late frame is not missed twice.
    if (now - this.lastDrawn < (kIntervals[this.level] ?? 0)) {
      return false;
    }
    this.lastDrawn = now;
    return true;
  }

  private change(level: number, now: Milliseconds): void {
    this.level = level;
    this.loweredAt = now;
    this.judged = 0;
  }
}
