// SPDX-License-Identifier: Apache-2.0
import type { RingMemory } from "./ring";

export const kPlayerName = "auralis-player";

export interface PlayerOptions {
  /** Shared with the worklet, or copied to it and then its own. */
  readonly ring: RingMemory;
  readonly clock: ArrayBufferLike;
  /** Interleaved stereo of what was played last, a power of two of frames. */
  readonly tap: ArrayBufferLike;
  readonly streamRate: number;
  /** Stream frames to hold before playing. */
  readonly target: number;
  /** Whether the memory above is shared; if not, samples and clock cross by message. */
  readonly shared: boolean;
}

/** To the worklet, from the page or from the source. All but `samples`, which only the fallback sends, are rare. */
export type PlayerCommand =
  /** Where the sound comes from: takes the commands below too, and without shared memory is told the clock. */
  | { readonly type: "source"; readonly port: MessagePort }
  | { readonly type: "samples"; readonly left: Float32Array; readonly right: Float32Array }
  | { readonly type: "target"; readonly frames: number }
  | { readonly type: "drop"; readonly position: number }
  | { readonly type: "expect-sound"; readonly expected: boolean }
  | { readonly type: "dump" }
  | { readonly type: "close" };

/** From the worklet: the clock to page and source, a dump to the page. */
export type PlayerReply =
  | { readonly type: "clock"; readonly clock: ArrayBufferLike }
  | { readonly type: "dump"; readonly tap: Float32Array; readonly tapped: number };
