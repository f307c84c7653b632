// SPDX-License-Identifier: Apache-2.0
// Runs in the AudioWorkletGlobalScope: the audio thread. Nothing here allocates per block where memory is shared.
import type { MicrophoneOptions } from "./microphone_protocol";
import { kMicrophoneName } from "./microphone_protocol";
import { FrameRing } from "./ring";

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: MicrophoneOptions }) => AudioWorkletProcessor,
): void;

/** A message carries so many frames: 43 ms at 48 kHz. */
const kMessageFrames = 2048;

class Microphone extends AudioWorkletProcessor {
  private readonly ring: FrameRing | null;
  private readonly gathered = new Float32Array(kMessageFrames);
  private count = 0;
  private alive = true;

  constructor({ processorOptions }: { processorOptions: MicrophoneOptions }) {
    super();
    this.ring = processorOptions.ring === null ? null : new FrameRing(processorOptions.ring);
    this.port.onmessage = (): void => { this.alive = false; };
  }

  process(inputs: Float32Array[][]): boolean {
    const heard = inputs[0]?.[0];
    if (heard === undefined) {
      return this.alive;
    }
    if (this.ring !== null) {
      // A page that does not read loses what does not fit.
      this.ring.write(heard, heard, 0, heard.length);
      return this.alive;
    }
    for (const sample of heard) {
      this.gathered[this.count] = sample;
      this.count += 1;
      if (this.count === kMessageFrames) {
        this.count = 0;
        this.port.postMessage(this.gathered);
      }
    }
    return this.alive;
  }
}

registerProcessor(kMicrophoneName, Microphone);
