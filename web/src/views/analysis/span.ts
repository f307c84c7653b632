// SPDX-License-Identifier: Apache-2.0
import type { Seconds } from "../../units";
import { clamp } from "../../units";

/** The stretch of a recording that a timeline shows. */
export interface Span {
  /** Time at the left edge. */
  readonly from: Seconds;
  /** Seconds a CSS pixel. */
  readonly scale: Seconds;
}

/** What a span lies in. */
export interface Extent {
  readonly length: Seconds;
  /** Of the timeline, CSS pixels. */
  readonly width: number;
}

/** At the closest a millisecond is this wide: fine enough to set a beat by eye. */
const kClosest: Seconds = 0.0005;
/** The cursor is kept this share of the width away from the right edge. */
const kMargin = 0.08;

export function xAt(at: Seconds, span: Span): number {
  return (at - span.from) / span.scale;
}

export function timeAt(x: number, span: Span): Seconds {
  return span.from + x * span.scale;
}

/** All of it. */
export function fitted(extent: Extent): Span {
  return { from: 0, scale: widest(extent) };
}

/** Within the recording, neither closer nor further away than makes sense. */
export function confined(span: Span, extent: Extent): Span {
  const scale = clamp(span.scale, Math.min(kClosest, widest(extent)), widest(extent));
  const last = Math.max(0, extent.length - scale * extent.width);
  return { from: clamp(span.from, 0, last), scale };
}

/** @param factor above 1 goes closer @param x what lies here stays here */
export function zoomed(span: Span, factor: number, x: number, extent: Extent): Span {
  const { scale } = confined({ ...span, scale: span.scale / factor }, extent);
  return confined({ from: timeAt(x, span) - x * scale, scale }, extent);
}

export function scrolled(span: Span, pixels: number, extent: Extent): Span {
  return confined({ ...span, from: span.from + pixels * span.scale }, extent);
}

/** Two fingers on two places: what lay under each still lies there. @param was, are their x */
export function pinched(span: Span, was: readonly [number, number], are: readonly [number, number], extent: Extent): Span {
  const before = Math.abs(was[1] - was[0]);
  const after = Math.abs(are[1] - are[0]);
  const factor = before < 1 || after < 1 ? 1 : after / before;
  const moved = { ...span, from: span.from - ((are[0] + are[1] - was[0] - was[1]) / 2) * span.scale };
  return zoomed(moved, factor, (are[0] + are[1]) / 2, extent);
}

/** Turns the page once the cursor has left it, or is about to on the right. */
export function following(span: Span, at: Seconds, extent: Extent): Span {
  const x = xAt(at, span);
  return x >= 0 && x <= extent.width * (1 - kMargin) ? span : confined({ ...span, from: at - kMargin * extent.width * span.scale }, extent);
}

/** Steps between the labels of a ruler, in seconds. */
const kSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200] as const;

export interface RulerMark {
  readonly x: number;
  readonly text: string;
}

/** Labels at round times, at least `apart` pixels from one another. */
export function rulerMarks(span: Span, extent: Extent, apart = 76): RulerMark[] {
  const step = kSteps.find((seconds) => seconds / span.scale >= apart) ?? Math.ceil((apart * span.scale) / 3600) * 3600;
  const marks: RulerMark[] = [];
  const end = Math.min(timeAt(extent.width, span), extent.length);
  for (let n = Math.max(0, Math.ceil(span.from / step)); n * step <= end; ++n) {
    marks.push({ x: xAt(n * step, span), text: clockText(n * step, step < 1 ? Math.ceil(-Math.log10(step) - 1e-9) : 0) });
  }
  return marks;
}

/** 83.4 s with one decimal is 1:23.4. */
export function clockText(at: Seconds, decimals = 0): string {
  const unit = 10 ** decimals;
  const whole = Math.round(Math.max(0, at) * unit);
  const seconds = (whole / unit) % 60;
  const minutes = Math.floor(whole / unit / 60);
  const padded = seconds.toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, "0");
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}:${padded}` : `${hours}:${String(minutes % 60).padStart(2, "0")}:${padded}`;
}

function widest(extent: Extent): Seconds {
  return Math.max(extent.length, 0.1) / Math.max(extent.width, 1);
}
