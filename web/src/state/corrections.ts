// SPDX-License-Identifier: Apache-2.0
import type { BeatPoint } from "../protocol/generated/messages";
import { parseBeatResult } from "../protocol/generated/messages";
import type { Grid } from "./grid";

/** Where things are kept between visits; the browser's, or a test's. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const kPrefix = "auralis.grid.";
const kIndex = "auralis.grids";
/** So many recordings' beats are kept, those corrected last: an hour's are about 200 KB, and a browser gives 5 MB. */
const kMostKept = 20;

/** The beats of recordings as the visitor has corrected them, by the analysis's id. */
export class Corrections {
  constructor(private readonly shelf: Shelf | null) {}

  load(id: string): Grid | null {
    const grid = this.read(kPrefix + id);
    if (!Array.isArray(grid)) {
      return null;
    }
    // Beats in columns take a third of the room: bar, then time, position and both confidences of each.
    const [beatsPerBar, ...numbers] = grid as unknown[];
    const beats: Record<keyof BeatPoint, unknown>[] = [];
    for (let i = 0; i + 3 < numbers.length; i += 4) {
      beats.push({ at: numbers[i], position: numbers[i + 1], confidence: numbers[i + 2], downbeat_confidence: numbers[i + 3] });
    }
    // A shift may have moved the first beats before the recording: times are looked at apart.
    const sound = parseBeatResult({ beats_per_bar: beatsPerBar, metre_confidence: 0, grid: beats.map((beat) => ({ ...beat, at: 0 })) });
    if (!sound.ok || numbers.length % 4 !== 0 || !beats.every(({ at }) => typeof at === "number" && Number.isFinite(at))) {
      return null;
    }
    return { beatsPerBar: sound.value.beats_per_bar, beats: sound.value.grid.map((beat, i) => ({ ...beat, at: beats[i]?.at as number })) };
  }

  save(id: string, grid: Grid): void {
    const kept = [...this.ids().filter((other) => other !== id), id];
    for (const old of kept.splice(0, Math.max(0, kept.length - kMostKept))) {
      this.shelf?.removeItem(kPrefix + old);
    }
    const numbers = grid.beats.flatMap(({ at, position, confidence, downbeat_confidence }) => [at, position, confidence, downbeat_confidence]);
    const text = JSON.stringify([grid.beatsPerBar, ...numbers]);
    // A full shelf gives up what was corrected longest ago.
    for (;;) {
      try {
        this.shelf?.setItem(kPrefix + id, text);
        this.shelf?.setItem(kIndex, JSON.stringify(kept));
        return;
      } catch {
        const oldest = kept.shift();
        if (oldest === undefined || oldest === id) {
          return;
        }
        this.shelf?.removeItem(kPrefix + oldest);
      }
    }
  }

  /** What the analyser found counts again. */
  drop(id: string): void {
    this.shelf?.removeItem(kPrefix + id);
    try {
      this.shelf?.setItem(kIndex, JSON.stringify(this.ids().filter((other) => other !== id)));
    } catch {
      // An index that names what is not there does no harm.
    }
  }

  private ids(): readonly string[] {
    const ids = this.read(kIndex);
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
  }

  private read(key: string): unknown {
    try {
      return JSON.parse(this.shelf?.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }
}

/** The browser's own; null where it keeps nothing. */
export function browserShelf(): Shelf | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
