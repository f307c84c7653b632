// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz, Milliseconds } from "../units";

/** A stretch of received sound whose stream frames follow one another. */
export interface ReceivedChunk {
  /** Stream frame of its first sample. */
  readonly at: Frames;
  readonly frames: Frames;
  /** performance.now() when its message came in. */
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

  snapshot(): readonly ReceivedChunk[] {
    return [...this.chunks];
  }
}
