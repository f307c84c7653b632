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

/** Page to worklet. All but `samples`, which only the fallback sends, are rare. */
export type PlayerCommand =
  | { readonly type: "samples"; readonly left: Float32Array; readonly right: Float32Array }
  | { readonly type: "target"; readonly frames: number }
  | { readonly type: "drop"; readonly position: number }
  | { readonly type: "expect-sound"; readonly expected: boolean }
  | { readonly type: "dump" }
  | { readonly type: "close" };

/** Worklet to page. */
export type PlayerReply =
  | { readonly type: "clock"; readonly clock: ArrayBufferLike }
  | { readonly type: "dump"; readonly tap: Float32Array; readonly tapped: number };
