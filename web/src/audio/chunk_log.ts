// SPDX-License-Identifier: Apache-2.0
import type { EpochMs, Frames, Milliseconds } from "../units";

export interface LoggedChunk {
  readonly at: Frames;
  readonly frames: Frames;
  /** performance.now() */
  readonly arrived: Milliseconds;
  /** By the server's clock. */
  readonly generated: EpochMs;
}

/** When the chunks of the last seconds were generated and when they came. */
export class ChunkLog {
  private chunks: LoggedChunk[] = [];

  /** @param kept chunks remembered */
  constructor(private readonly kept: number) {}

  add(chunk: LoggedChunk): void {
    this.chunks.push(chunk);
    if (this.chunks.length > 2 * this.kept) {
      this.chunks = this.chunks.slice(-this.kept);
    }
  }

  /** The chunk that holds a stream frame; the one that came last where a reconnect brought it twice. */
  holding(frame: Frames): LoggedChunk | null {
    for (let i = this.chunks.length - 1; i >= 0; --i) {
      const chunk = this.chunks[i];
      if (chunk !== undefined && chunk.at <= frame && frame < chunk.at + chunk.frames) {
        return chunk;
      }
    }
    return null;
  }

  all(): readonly LoggedChunk[] {
    return this.chunks;
  }

  clear(): void {
    this.chunks = [];
  }
}
