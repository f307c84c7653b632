// SPDX-License-Identifier: Apache-2.0
import type { Seconds } from "../units";
import { clamp } from "../units";

/** The farthest that the picture runs ahead of what has been heard. */
const kAhead: Seconds = 0.5;
/** An error above this is no wander: the picture jumps. */
const kJump: Seconds = 0.5;
/** How much of an error is made up for in a second. */
const kPull = 1.5;
/** How fast the best estimate is doubted, seconds a second: two clocks never run alike. */
const kDoubt = 0.005;

/**
 * Which moment of the sound is now, told by news that comes in bursts and late.
 *
 * The news that took least time says most: the estimate is the upper edge of all of them, and the picture glides
 * after it. Times are seconds; `wall` is any clock that runs on.
 */
export class LiveClock {
  private newest: Seconds = -Infinity;
  /** Of the sound before the wall, by the news that came soonest. */
  private offset: Seconds = -Infinity;
  private offsetAt: Seconds = 0;
  private shown: Seconds = 0;
  private shownAt: Seconds | null = null;

  /** Everything up to this moment of the sound had been heard when the news came. */
  heard(until: Seconds, wall: Seconds): void {
    this.newest = Math.max(this.newest, until);
    this.offset = Math.max(until - wall, this.offset - kDoubt * (wall - this.offsetAt));
    this.offsetAt = wall;
  }

  /** @param told the moment, where somebody knows it better than news does */
  now(wall: Seconds, told: Seconds | null = null): Seconds {
    if (this.newest === -Infinity) {
      return 0;
    }
    const last = this.newest + kAhead;
    const target = Math.min(told ?? wall + this.offset, last);
    const passed = this.shownAt === null ? Infinity : wall - this.shownAt;
    const carried = this.shown + passed;
    const error = target - carried;
    this.shown = Math.abs(error) < kJump ? Math.min(carried + error * clamp(passed * kPull, 0, 1), last) : target;
    this.shownAt = wall;
    return Math.max(0, this.shown);
  }

  reset(): void {
    this.newest = -Infinity;
    this.offset = -Infinity;
    this.shown = 0;
    this.shownAt = null;
  }
}
