// SPDX-License-Identifier: Apache-2.0
import type { Seconds } from "../units";

/** What the worklet says of itself, written once a block. */
export interface PlayerReading {
  /** AudioContext time of the block's first frame. */
  readonly contextTime: Seconds;
  /** Stream frames consumed by then. */
  readonly position: number;
  /** Stream frames consumed per second from then on; 0 while filling. */
  readonly speed: number;
  /** Mean fill in stream frames. */
  readonly fill: number;
  readonly underruns: number;
  readonly splices: number;
  readonly playing: boolean;
  /** Output frames written to the tap, ever. */
  readonly tapped: number;
}

export const kReadingFields = 8;
export const kClockBytes = 8 + kReadingFields * 8;

/**
 * One reading, passed from the audio thread by a sequence lock: the writer never waits, the reader tries again when it
 * caught the writer in the middle.
 */
export class PlayerClock {
  private readonly turn: Int32Array;
  private readonly values: Float64Array;

  /** @param memory kClockBytes, shared between the threads */
  constructor(memory: ArrayBufferLike) {
    this.turn = new Int32Array(memory, 0, 1);
    this.values = new Float64Array(memory, 8, kReadingFields);
  }

  /** Audio thread. */
  publish(
    contextTime: Seconds, position: number, speed: number, fill: number,
    underruns: number, splices: number, playing: boolean, tapped: number,
  ): void {
    Atomics.add(this.turn, 0, 1);
    this.values[0] = contextTime;
    this.values[1] = position;
    this.values[2] = speed;
    this.values[3] = fill;
    this.values[4] = underruns;
    this.values[5] = splices;
    this.values[6] = playing ? 1 : 0;
    this.values[7] = tapped;
    Atomics.add(this.turn, 0, 1);
  }

  /** Any thread. Null before the first block, or if the writer was met in the middle four times running. */
  read(): PlayerReading | null {
    for (let attempt = 0; attempt < 4; ++attempt) {
      const before = Atomics.load(this.turn, 0);
      if (before === 0) {
        return null;
      }
      const [contextTime = 0, position = 0, speed = 0, fill = 0, underruns = 0, splices = 0, playing = 0, tapped = 0] = this.values;
      if ((before & 1) === 0 && Atomics.load(this.turn, 0) === before) {
        return { contextTime, position, speed, fill, underruns, splices, playing: playing !== 0, tapped };
      }
    }
    return null;
  }
}
