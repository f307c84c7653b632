// SPDX-License-Identifier: Apache-2.0
import type { OnsetBand, OnsetPoint } from "../../protocol/generated/messages";
import type { Peaks } from "../../protocol/peaks";
import type { Grid } from "../../state/grid";
import { firstAtOrAfter } from "../../state/grid";
import type { Seconds } from "../../units";
import { clamp } from "../../units";
import type { Extent, Span } from "./span";
import { timeAt, xAt } from "./span";

// What there is to draw of a span. However long the recording, no list here is longer than the timeline is wide.

/** Lowest and highest of each pixel column: [width]; both NaN where there is nothing. */
export interface Columns {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

function nothing(width: number): Columns {
  const columns = Math.max(0, Math.ceil(width));
  return { low: new Float32Array(columns).fill(NaN), high: new Float32Array(columns).fill(NaN) };
}

/** The waveform, by the coarsest level whose stretches are no longer than a pixel: a few of them a column. */
export function waveColumns(peaks: Peaks, span: Span, extent: Extent): Columns {
  const columns = nothing(extent.width);
  const level = peaks.findLast(({ seconds }) => seconds <= span.scale) ?? peaks[0];
  if (level === undefined) {
    return columns;
  }
  const { seconds, low, high } = level;
  for (let x = 0; x < columns.low.length; ++x) {
    const first = Math.floor(timeAt(x, span) / seconds);
    const end = Math.min(Math.max(first + 1, Math.ceil(timeAt(x + 1, span) / seconds)), low.length);
    let least = NaN;
    let most = NaN;
    for (let i = Math.max(0, first); i < end; ++i) {
      const down = low[i] ?? 0;
      const up = high[i] ?? 0;
      least = least <= down ? least : down;
      most = most >= up ? most : up;
    }
    columns.low[x] = least;
    columns.high[x] = most;
  }
  return columns;
}

/** How many times finer than a pixel a curve may be before only every so many of its points are looked at. */
const kFinestCurve = 8;

/**
 * A curve as what each column spans of it; a column without a point of its own has its two neighbours' line.
 * @param longestGap points further apart than this are not joined
 */
export function curveColumns(at: ArrayLike<Seconds>, values: ArrayLike<number>, span: Span, extent: Extent, longestGap: Seconds = Infinity): Columns {
  const columns = nothing(extent.width);
  const count = Math.min(at.length, values.length);
  const time = (i: number): Seconds => at[i] ?? Infinity;
  let i = lowerBound(time, count, timeAt(-1, span));
  for (let x = 0; x < columns.low.length; ++x) {
    const left = timeAt(x, span);
    const right = timeAt(x + 1, span);
    let least = NaN;
    let most = NaN;
    const take = (value: number): void => {
      least = least <= value ? least : value;
      most = most >= value ? most : value;
    };
    i = time(i) < left ? lowerBound(time, count, left) : i;
    if (i < count && time(i) < right) {
      const end = lowerBound(time, count, right);
      const step = Math.max(1, Math.floor((end - i) / kFinestCurve));
      for (; i < end; i += step) {
        take(values[i] ?? 0);
      }
      i = end;
    } else if (i > 0 && i < count && time(i) - time(i - 1) <= longestGap) {
      const share = (left - time(i - 1)) / (time(i) - time(i - 1));
      take((values[i - 1] ?? 0) * (1 - share) + (values[i] ?? 0) * share);
    }
    columns.low[x] = least;
    columns.high[x] = most;
  }
  return columns;
}

/** Lines nearer to one another than this are a wash, and are thinned out. */
const kClosestLines = 4;
/** At this distance lines are drawn in full; nearer ones fade. */
const kClearLines = 14;

export interface BeatLine {
  readonly x: number;
  /** In the grid. */
  readonly index: number;
  readonly downbeat: boolean;
  readonly confidence: number;
}
export interface BarLine {
  readonly x: number;
  readonly bar: number;
}
export interface GridLines {
  /** Empty where they would be a wash. */
  readonly beats: readonly BeatLine[];
  /** How strongly the beats between bars are drawn. */
  readonly presence: number;
  readonly bars: readonly BarLine[];
}

/** @param bars the number of each beat's bar, as barNumbers gives it @param downbeats indices of beats, as downbeatsOf */
export function gridLines(grid: Grid, bars: Int32Array, downbeats: Int32Array, span: Span, extent: Extent): GridLines {
  const { beats } = grid;
  const first = Math.max(0, firstAtOrAfter(beats, span.from) - 1);
  const end = Math.min(beats.length, firstAtOrAfter(beats, timeAt(extent.width, span)) + 1);
  const apart = end - first < 2 ? extent.width : (xAt(beats[end - 1]?.at ?? 0, span) - xAt(beats[first]?.at ?? 0, span)) / (end - 1 - first);
  const shown: BeatLine[] = [];
  if (apart >= kClosestLines) {
    for (let i = first; i < end; ++i) {
      const beat = beats[i];
      if (beat !== undefined) {
        shown.push({ x: xAt(beat.at, span), index: i, downbeat: beat.position === 1, confidence: beat.confidence });
      }
    }
  }
  // Bars by every first, second, fourth, eighth …, so that going closer only adds to them.
  const downbeatAt = (i: number): Seconds => beats[downbeats[i] ?? 0]?.at ?? Infinity;
  const firstBar = Math.max(0, lowerBound(downbeatAt, downbeats.length, span.from) - 1);
  const endBar = Math.min(downbeats.length, lowerBound(downbeatAt, downbeats.length, timeAt(extent.width, span)) + 1);
  const barApart = endBar - firstBar < 2 ? extent.width : (downbeatAt(endBar - 1) - downbeatAt(firstBar)) / span.scale / (endBar - 1 - firstBar);
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2((2 * kClosestLines) / Math.max(barApart, 1e-6))));
  const lines: BarLine[] = [];
  for (let i = Math.ceil(firstBar / stride) * stride; i < endBar; i += stride) {
    lines.push({ x: xAt(downbeatAt(i), span), bar: bars[downbeats[i] ?? 0] ?? 0 });
  }
  return { beats: shown, presence: clamp((apart - kClosestLines) / (kClearLines - kClosestLines), 0, 1), bars: lines };
}

/** Indices of the beats that begin a bar. */
export function downbeatsOf(grid: Grid): Int32Array {
  return Int32Array.from(grid.beats.flatMap((beat, i) => (beat.position === 1 ? [i] : [])));
}

/** Every so many bars one is numbered, so that numbers are at least so far apart. */
export function numberedBars(bars: readonly BarLine[], apart = 30): BarLine[] {
  const gap = bars.length < 2 ? apart : ((bars.at(-1)?.x ?? 0) - (bars[0]?.x ?? 0)) / (bars.length - 1);
  const step = ((bars[1]?.bar ?? 1) - (bars[0]?.bar ?? 0)) || 1;
  const every = step * 2 ** Math.max(0, Math.ceil(Math.log2(apart / Math.max(gap, 1e-6))));
  return bars.filter(({ bar }) => (bar - 1) % every === 0);
}

export interface OnsetLine {
  readonly x: number;
  readonly strength: number;
  readonly band: OnsetBand;
}

/** Transients, of each column and band the strongest. */
export function onsetLines(onsets: readonly OnsetPoint[], span: Span, extent: Extent): OnsetLine[] {
  const lines: OnsetLine[] = [];
  const end = timeAt(extent.width, span);
  const last = new Map<OnsetBand, { column: number; index: number }>();
  for (let i = firstAtOrAfter(onsets, span.from); i < onsets.length; ++i) {
    const onset = onsets[i];
    if (onset === undefined || onset.at > end) {
      break;
    }
    const x = xAt(onset.at, span);
    // Lines are two pixels wide.
    const column = Math.floor(x / 3);
    const before = last.get(onset.band);
    if (before?.column === column) {
      const rival = lines[before.index];
      if (rival !== undefined && rival.strength < onset.strength) {
        lines[before.index] = { x, strength: onset.strength, band: onset.band };
      }
    } else {
      last.set(onset.band, { column, index: lines.length });
      lines.push({ x, strength: onset.strength, band: onset.band });
    }
  }
  return lines;
}

export interface Block {
  /** May lie left of the timeline. */
  readonly x: number;
  readonly width: number;
  /** Of the part that it shows. */
  readonly index: number;
}

/** A part narrower than this is drawn with those that follow, as the first of them. */
const kNarrowest = 3;

/** Parts that follow one another. */
export function blocksOf(parts: readonly { readonly from: Seconds; readonly to: Seconds }[], span: Span, extent: Extent): Block[] {
  const blocks: Block[] = [];
  const end = timeAt(extent.width, span);
  let i = lowerBound((k) => parts[k]?.to ?? Infinity, parts.length, span.from);
  while (i < parts.length) {
    const part = parts[i];
    if (part === undefined || part.from > end) {
      break;
    }
    const x = xAt(part.from, span);
    const width = xAt(part.to, span) - x;
    if (width >= kNarrowest) {
      blocks.push({ x, width, index: i });
      ++i;
      continue;
    }
    const next = Math.max(i + 1, lowerBound((k) => parts[k]?.to ?? Infinity, parts.length, timeAt(x + kNarrowest, span)));
    blocks.push({ x, width: Math.min(Math.max(xAt(parts[next - 1]?.to ?? part.to, span) - x, 1), kNarrowest), index: i });
    i = next;
  }
  return blocks;
}

/** Index of the part that sounds at a time; -1 where none does. */
export function partAt(parts: readonly { readonly from: Seconds; readonly to: Seconds }[], at: Seconds): number {
  // The end of a part is the beginning of the next.
  let i = lowerBound((k) => parts[k]?.to ?? Infinity, parts.length, at);
  if (parts[i]?.to === at) {
    ++i;
  }
  const part = parts[i];
  return part !== undefined && part.from <= at ? i : -1;
}

function lowerBound(time: (i: number) => Seconds, count: number, at: Seconds): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time(middle) < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
