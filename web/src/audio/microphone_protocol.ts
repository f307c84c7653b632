// SPDX-License-Identifier: Apache-2.0
import type { RingMemory } from "./ring";

export const kMicrophoneName = "auralis-microphone";

export interface MicrophoneOptions {
  /** Shared with the worklet, which writes one channel twice; null where memory cannot be shared. */
  readonly ring: RingMemory | null;
}

/** To the worklet, all that is ever said: there is nobody left to hear it. */
export interface MicrophoneCommand {
  readonly type: "close";
}

/** From the worklet, where memory cannot be shared: a stretch of one channel. */
export type MicrophoneSound = Float32Array<ArrayBuffer>;
