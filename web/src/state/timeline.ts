// SPDX-License-Identifier: Apache-2.0
import type { BeatMessage, ChordMessage, NoteEvent } from "../protocol/generated/messages";
import type { Frames } from "../units";

/** Index of the first item whose time is above `frame`. \pre sorted by time */
function upperBound(items: readonly { readonly at: Frames }[], frame: Frames): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.at ?? Infinity) <= frame) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function insert<T extends { readonly at: Frames }>(items: T[], item: T): void {
  const last = items.at(-1);
  if (last === undefined || last.at <= item.at) {
    items.push(item);
  } else {
    items.splice(upperBound(items, item.at), 0, item);
  }
}

/** What the station said will sound, by the stream frame at which it does. Forgets what is long past. */
export class Timeline {
  private notes: NoteEvent[] = [];
  private chords: ChordMessage[] = [];
  private beats: BeatMessage[] = [];

  addNotes(notes: readonly NoteEvent[]): void {
    for (const note of notes) {
      insert(this.notes, note);
    }
  }

  addChord(chord: ChordMessage): void {
    insert(this.chords, chord);
  }

  addBeat(beat: BeatMessage): void {
    insert(this.beats, beat);
  }

  clear(): void {
    this.notes = [];
    this.chords = [];
    this.beats = [];
  }

  /** Notes that start in [from, to]. */
  notesBetween(from: Frames, to: Frames): NoteEvent[] {
    return this.notes.slice(upperBound(this.notes, from - 1), upperBound(this.notes, to));
  }

  /** The harmony at a frame; null before the first known. */
  chordAt(frame: Frames): ChordMessage | null {
    return this.chords[upperBound(this.chords, frame) - 1] ?? null;
  }

  beatAt(frame: Frames): BeatMessage | null {
    return this.beats[upperBound(this.beats, frame) - 1] ?? null;
  }

  chordsBetween(from: Frames, to: Frames): ChordMessage[] {
    return this.chords.slice(upperBound(this.chords, from - 1), upperBound(this.chords, to));
  }

  beatsBetween(from: Frames, to: Frames): BeatMessage[] {
    return this.beats.slice(upperBound(this.beats, from - 1), upperBound(this.beats, to));
  }

  /** Lets go of what ended before a frame, but for the chord and beat that still hold. */
  forgetBefore(frame: Frames): void {
    this.notes = this.notes.filter((note) => note.at + note.duration >= frame);
    this.chords = this.chords.slice(Math.max(0, upperBound(this.chords, frame) - 1));
    this.beats = this.beats.slice(Math.max(0, upperBound(this.beats, frame) - 1));
  }
}
