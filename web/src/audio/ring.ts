// SPDX-License-Identifier: Apache-2.0

/** What both ends of a ring must know; crosses to the worklet once. */
export interface RingMemory {
  /** Interleaved stereo, [capacity][2]. A SharedArrayBuffer where the page is cross-origin isolated. */
  readonly samples: ArrayBufferLike;
  /** Two Int32: frames written and frames read, both modulo 2^32. */
  readonly indices: ArrayBufferLike;
}

const kWritten = 0;
const kRead = 1;
/** The interpolator looks one frame back and two ahead; the writer leaves that much alone behind the reader. */
const kGuardFrames = 8;

/** @param capacity in frames, a power of two */
export function allocateRing(capacity: number, shared: boolean): RingMemory {
  if (capacity < 64 || (capacity & (capacity - 1)) !== 0) {
    throw new RangeError(`A ring holds a power of two of frames, not ${capacity}`);
  }
  const make = (bytes: number): ArrayBufferLike => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  return { samples: make(capacity * 2 * 4), indices: make(2 * 4) };
}

/**
 * Stereo frames from one writer to one reader, without a lock.
 *
 * Indices run on modulo 2^32 (a day of sound at 48 kHz) and are compared by their difference, so that a page may stay
 * open for ever. Atomics order the samples: the writer stores samples, then `written`; the reader loads `written`,
 * then samples, then stores `read`.
 */
export class FrameRing {
  readonly capacity: number;
  private readonly mask: number;
  private readonly samples: Float32Array;
  private readonly indices: Int32Array;

  constructor(memory: RingMemory) {
    this.samples = new Float32Array(memory.samples);
    this.indices = new Int32Array(memory.indices);
    this.capacity = this.samples.length / 2;
    this.mask = this.capacity - 1;
  }

  /** Frames waiting to be read. Either end. */
  available(): number {
    return (Atomics.load(this.indices, kWritten) - Atomics.load(this.indices, kRead)) | 0;
  }

  /** Frames that may be written now. Writer. */
  space(): number {
    return this.capacity - kGuardFrames - this.available();
  }

  /**
   * Writes frames [from, from + count) of two planar channels; all or, where there is no room, nothing. Writer.
   * @returns whether they were written
   */
  write(left: Float32Array, right: Float32Array, from: number, count: number): boolean {
    if (count > this.space()) {
      return false;
    }
    const written = Atomics.load(this.indices, kWritten);
    for (let i = 0; i < count; ++i) {
      const slot = ((written + i) & this.mask) * 2;
      this.samples[slot] = left[from + i] ?? 0;
      this.samples[slot + 1] = right[from + i] ?? 0;
    }
    Atomics.store(this.indices, kWritten, (written + count) | 0);
    return true;
  }

  /** Sample `offset` frames after the next one to be read (-1 is the last one read). Reader. */
  peek(offset: number, channel: 0 | 1): number {
    const read = this.indices[kRead] ?? 0;
    return this.samples[((read + offset) & this.mask) * 2 + channel] ?? 0;
  }

  /** Reader. \pre count <= available() */
  skip(count: number): void {
    Atomics.store(this.indices, kRead, ((this.indices[kRead] ?? 0) + count) | 0);
  }
}
