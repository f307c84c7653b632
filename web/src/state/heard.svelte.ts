// SPDX-License-Identifier: Apache-2.0
import type { BeatMessage, ChordMessage } from "../protocol/generated/messages";
import type { Frames } from "../units";
import type { Timeline } from "./timeline";

/** The harmony and the beat as the listener hears them, not as they arrived. */
export class Heard {
  chord: ChordMessage | null = $state.raw(null);
  beat: BeatMessage | null = $state.raw(null);

  /** Once a frame. @param frame stream frame heard now, or null while nothing plays */
  update(timeline: Timeline, frame: Frames | null): void {
    if (frame === null) {
      return;
    }
    const chord = timeline.chordAt(frame);
    if (chord !== this.chord && chord !== null) {
      this.chord = chord;
    }
    const beat = timeline.beatAt(frame);
    if (beat !== this.beat) {
      this.beat = beat;
    }
  }

  clear(): void {
    this.chord = null;
    this.beat = null;
  }
}
