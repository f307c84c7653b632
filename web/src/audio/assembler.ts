// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz } from "../units";
import type { Anchor } from "./anchors";

/** Where assembled frames go; false when there is no room. */
export interface FrameSink {
  write(left: Float32Array, right: Float32Array, from: number, count: number): boolean;
}

/** A gap up to this long is filled with silence, so that what follows keeps its place; a longer one is a new start. */
const kFillableSeconds = 1;
/** Sound at a gap's edges fades over this long. */
const kEdgeSeconds = 0.006;

/**
 * Puts decoded chunks in a row: leaves out what it had already, bridges what never came, and says which stream
 * frame lies at which position, so that events can be drawn when they are heard.
 */
export class StreamAssembler {
  /** Frames written, ever. */
  written = 0;
  /** Stream frames that never came. */
  lost: Frames = 0;
  /** Frames thrown away because the buffer was full. */
  overflowed = 0;

  private expected: Frames | null = null;
  private lastLeft: Float32Array = new Float32Array(0);
  private lastRight: Float32Array = new Float32Array(0);
  private readonly edge: number;

  /** @param anchored told from which position on the stream runs on from which of its frames */
  constructor(private readonly sink: FrameSink, private readonly rate: Hertz, private readonly anchored: (anchor: Anchor) => void) {
    this.edge = Math.ceil(kEdgeSeconds * rate);
  }

  /** The next chunk starts anew, wherever it lies. */
  restart(): void {
    this.expected = null;
  }

  /** Stream frame awaited next; null before the first chunk. */
  get next(): Frames | null {
    return this.expected;
  }

  /**
   * Takes a chunk whose first sample is stream frame `at`.
   * @returns the position before which everything belongs to an earlier run of the stream, if a new one starts here
   */
  push(at: Frames, left: Float32Array, right: Float32Array): number | null {
    let from = 0;
    let dropBefore: number | null = null;
    if (this.expected !== null) {
      const gap = at - this.expected;
      if (gap < 0) {
        from = -gap;
        if (from >= left.length) {
          return null;
        }
      } else if (gap > kFillableSeconds * this.rate) {
        this.lost += gap;
        this.expected = null;
      } else if (gap > 0) {
        this.lost += gap;
        this.bridge(gap, this.expected);
        this.fadeIn(left, right);
      }
    }
    if (this.expected === null) {
      dropBefore = this.written > 0 ? this.written : null;
      this.anchored({ position: this.written, frame: at + from });
    }
    this.append(at + from, left, right, from, left.length - from);
    this.expected = at + left.length;
    this.lastLeft = left;
    this.lastRight = right;
    return dropBefore;
  }

  /** @param at stream frame of the first of the `count` frames */
  private append(at: Frames, left: Float32Array, right: Float32Array, from: number, count: number): void {
    if (this.sink.write(left, right, from, count)) {
      this.written += count;
    } else {
      // The listener's tab slept with a full buffer: what follows starts a new run of positions.
      this.overflowed += count;
      this.anchored({ position: this.written, frame: at + count });
    }
  }

  /** Lets the sound before a gap die away as its own mirror image, which joins without a step; silence after it. */
  private bridge(frames: number, at: Frames): void {
    const left = new Float32Array(frames);
    const right = new Float32Array(frames);
    const tail = Math.min(this.edge, frames, this.lastLeft.length);
    for (let i = 0; i < tail; ++i) {
      const gain = 0.5 + 0.5 * Math.cos((Math.PI * (i + 1)) / tail);
      left[i] = gain * (this.lastLeft[this.lastLeft.length - 1 - i] ?? 0);
      right[i] = gain * (this.lastRight[this.lastRight.length - 1 - i] ?? 0);
    }
    this.append(at, left, right, 0, frames);
    this.expected = at + frames;
  }

  private fadeIn(left: Float32Array, right: Float32Array): void {
    const edge = Math.min(this.edge, left.length);
    for (let i = 0; i < edge; ++i) {
      const gain = 0.5 - 0.5 * Math.cos((Math.PI * i) / edge);
      left[i] = (left[i] ?? 0) * gain;
      right[i] = (right[i] ?? 0) * gain;
    }
  }
}
