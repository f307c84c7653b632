// SPDX-License-Identifier: Apache-2.0
import type { ChordOverride } from "../protocol/generated/messages";
import type { Milliseconds } from "../units";

/** The longest the protocol lets a chord be held; renewed at half of it. */
const kHoldBeats = 64;
/** Over before the next note: the held chord gives way to the composed one without a step in between. */
const kReleaseBeats = 1 / 64;

/**
 * A chord in place of the composed harmony, until it is let go.
 *
 * A station holds a chord for 64 beats at most, so that one whose listener has gone finds its own way again: while the
 * page holds, it asks again in good time. Letting go is asking for the same chord for an instant. When the station
 * plays another chord after it has played this one, somebody else has taken the harmony over.
 */
export class ChordHold {
  private held: string | null = null;
  private asked: Milliseconds = 0;
  private sounded = false;

  get chord(): string | null {
    return this.held;
  }

  hold(chord: string, now: Milliseconds): ChordOverride {
    this.held = chord;
    this.asked = now;
    this.sounded = false;
    return { chord, beats: kHoldBeats };
  }

  /** @returns what to tell the station; null when nothing is held */
  release(): ChordOverride | null {
    const chord = this.held;
    this.held = null;
    return chord === null ? null : { chord, beats: kReleaseBeats };
  }

  /** The stream is another: what was held belongs to the one before. */
  forget(): void {
    this.held = null;
  }

  /** The station changes to a chord. @returns whether the hold has just been lost */
  played(chord: string): boolean {
    if (this.held === null) {
      return false;
    }
    if (chord === this.held) {
      this.sounded = true;
      return false;
    }
    if (!this.sounded) {
      return false;
    }
    this.held = null;
    return true;
  }

  /** @returns what to tell the station now so that the chord goes on being held; null while there is time */
  renewal(now: Milliseconds, bpm: number): ChordOverride | null {
    if (this.held === null || now - this.asked < ((kHoldBeats / 2) * 60_000) / bpm) {
      return null;
    }
    this.asked = now;
    return { chord: this.held, beats: kHoldBeats };
  }
}
