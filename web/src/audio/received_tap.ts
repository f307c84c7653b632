// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz, Milliseconds } from "../units";

/** A stretch of received sound whose stream frames follow one another. */
export interface ReceivedChunk {
  /** Stream frame of its first sample. */
  readonly at: Frames;
  readonly frames: Frames;
  /** The page's performance.now() when its message came in. */
  readonly arrived: Milliseconds;
  readonly left: Float32Array;
  readonly right: Float32Array;
}

const kKeptSeconds = 10;

/** The chunks of the last ten seconds as they were decoded; keeps the decoder's own arrays, copies nothing. */
export class ReceivedTap {
  private chunks: ReceivedChunk[] = [];
  private held: Frames = 0;

  add(chunk: ReceivedChunk, rate: Hertz): void {
    this.chunks.push(chunk);
    this.held += chunk.frames;
    while (this.held > kKeptSeconds * rate) {
      this.held -= this.chunks.shift()?.frames ?? this.held;
    }
  }

  /** Another stream begins, whose frames mean something else. */
  clear(): void {
    this.chunks = [];
    this.held = 0;
  }

  /** Stream frame after the last one received; 0 before the first. */
  get until(): Frames {
    const last = this.chunks.at(-1);
    return last === undefined ? 0 : last.at + last.frames;
  }

  /** Chunks that hold any of the stream frames [from, to), in the order in which they came. */
  between(from: Frames, to: Frames): readonly ReceivedChunk[] {
    return this.chunks.filter((chunk) => chunk.at + chunk.frames > from && chunk.at < to);
  }
}
