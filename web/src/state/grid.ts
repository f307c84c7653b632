// SPDX-License-Identifier: Apache-2.0
import type { BeatPoint, BeatResult } from "../protocol/generated/messages";
import type { Milliseconds, Seconds } from "../units";

/** The beats of a recording as somebody may correct them. Times may leave the recording: a shift can be taken back. */
export interface Grid {
  /** In the order of time. */
  readonly beats: readonly BeatPoint[];
  /** 0 where no metre is known. */
  readonly beatsPerBar: number;
}

/** What a bar has where nothing is known of it and somebody names a downbeat. */
const kUsualBar = 4;
/** A tempo beyond this is no pulse any more: no beat may come sooner after another. */
const kClosestBeats: Seconds = 0.08;

export function gridOf(result: BeatResult | undefined): Grid {
  return { beats: result?.grid ?? [], beatsPerBar: result?.beats_per_bar ?? 0 };
}

/** Beats a minute of the grid: the median, which a slip here and there does not move; null for less than two beats. */
export function gridTempo(grid: Grid): number | null {
  const gaps = grid.beats.slice(1).map((beat, i) => beat.at - (grid.beats[i]?.at ?? 0)).sort((a, b) => a - b);
  const middle = gaps.length / 2;
  const high = gaps[Math.floor(middle)];
  const low = gaps[Math.ceil(middle) - 1];
  return high === undefined || low === undefined || high + low <= 0 ? null : 120 / (high + low);
}

export function canDouble(grid: Grid): boolean {
  const tempo = gridTempo(grid);
  return tempo !== null && 60 / tempo / 2 >= kClosestBeats;
}

export function canHalve(grid: Grid): boolean {
  return grid.beats.length > 2;
}

/** A beat between every two: bars of as many beats, half as long. */
export function doubled(grid: Grid): Grid {
  const beats = grid.beats.flatMap((beat, i): readonly BeatPoint[] => {
    const next = grid.beats[i + 1];
    if (next === undefined) {
      return [beat];
    }
    return [beat, {
      at: (beat.at + next.at) / 2,
      position: beat.position,
      confidence: Math.min(beat.confidence, next.confidence),
      // Nobody has heard a bar begin here.
      downbeat_confidence: 0,
    }];
  });
  return counted({ ...grid, beats }, 2 * firstDownbeat(grid));
}

/** Every other beat, those with the surer downbeats: bars of as many beats, twice as long. */
export function halved(grid: Grid): Grid {
  const downbeats = grid.beats.flatMap((beat, index) => (beat.position === 1 ? [{ index, weight: beat.downbeat_confidence }] : []));
  const first = downbeats[0]?.index ?? 0;
  // Where a bar has an odd number of beats, downbeats fall on both halves.
  const sureness = (half: number): number => downbeats.reduce((sum, { index, weight }) => sum + (index % 2 === half ? weight : 0), 0);
  const half = sureness(1 - (first % 2)) > sureness(first % 2) ? 1 - (first % 2) : first % 2;
  const anchor = downbeats.find(({ index }) => index % 2 === half)?.index ?? first;
  const beats = grid.beats.filter((_, i) => i % 2 === half);
  return counted({ ...grid, beats }, Math.floor(anchor / 2));
}

export function shifted(grid: Grid, by: Milliseconds): Grid {
  // Sums of milliseconds stay exact in steps of a microsecond, so that there and back is where it was.
  const move = (at: Seconds): Seconds => Math.round(at * 1e6 + by * 1e3) / 1e6;
  return { ...grid, beats: grid.beats.map((beat) => ({ ...beat, at: move(beat.at) })) };
}

/** Bars are counted from this beat, before it and after it. */
export function withDownbeat(grid: Grid, index: number): Grid {
  const beatsPerBar = grid.beatsPerBar === 0 ? kUsualBar : grid.beatsPerBar;
  return counted({ ...grid, beatsPerBar }, index);
}

export function withMetre(grid: Grid, beatsPerBar: number): Grid {
  return counted({ ...grid, beatsPerBar }, firstDownbeat(grid));
}

/** The beat nearest to a time; -1 where there is none. */
export function nearestBeat(grid: Grid, at: Seconds): number {
  const after = firstAtOrAfter(grid.beats, at);
  const before = after - 1;
  const ahead = grid.beats[after];
  const behind = grid.beats[before];
  if (ahead === undefined || behind === undefined) {
    return ahead !== undefined ? after : before;
  }
  return ahead.at - at < at - behind.at ? after : before;
}

/** Index of the first that lies at or after a time: its length where none does. @param sorted by time */
export function firstAtOrAfter(sorted: readonly { readonly at: Seconds }[], at: Seconds): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.at ?? Infinity) < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Counts bars from 1 along the downbeats: [beats], 0 before the first downbeat. */
export function barNumbers(grid: Grid): Int32Array {
  const numbers = new Int32Array(grid.beats.length);
  let bar = 0;
  grid.beats.forEach((beat, i) => {
    bar += beat.position === 1 ? 1 : 0;
    numbers[i] = bar;
  });
  return numbers;
}

/** As the document has it: only what lies within the recording. */
export function resultOf(grid: Grid, length: Seconds, metreConfidence: number): BeatResult {
  return {
    beats_per_bar: grid.beatsPerBar,
    metre_confidence: metreConfidence,
    grid: grid.beats.filter((beat) => beat.at >= 0 && beat.at <= length),
  };
}

function firstDownbeat(grid: Grid): number {
  return Math.max(0, grid.beats.findIndex((beat) => beat.position === 1));
}

function counted(grid: Grid, downbeat: number): Grid {
  const bar = grid.beatsPerBar;
  const position = (i: number): number => (bar === 0 ? 0 : ((((i - downbeat) % bar) + bar) % bar) + 1);
  return { ...grid, beats: grid.beats.map((beat, i) => ({ ...beat, position: position(i) })) };
}
