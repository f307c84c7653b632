// SPDX-License-Identifier: Apache-2.0
// Runs in the AudioWorkletGlobalScope: the audio thread. Nothing here allocates per block where memory is shared.
import { PlayerClock } from "./player_clock";
import { PlayerCore } from "./player_core";
import { FrameRing } from "./ring";
import type { PlayerCommand, PlayerOptions, PlayerReply } from "./worklet_protocol";
import { kPlayerName } from "./worklet_protocol";

declare const sampleRate: number;
declare const currentTime: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: PlayerOptions }) => AudioWorkletProcessor,
): void;

/** Without shared memory the clock travels by message, this often: every 16 blocks, 43 ms. */
const kBlocksPerReport = 16;

class Player extends AudioWorkletProcessor {
  private readonly ring: FrameRing;
  private readonly core: PlayerCore;
  private readonly clock: PlayerClock;
  private readonly clockMemory: ArrayBufferLike;
  private readonly tap: Float32Array;
  private readonly tapMask: number;
  private readonly shared: boolean;
  private source: MessagePort | null = null;
  private tapped = 0;
  private blocks = 0;
  private alive = true;

  constructor({ processorOptions }: { processorOptions: PlayerOptions }) {
    super();
    const { ring, clock, tap, streamRate, target, shared } = processorOptions;
    this.ring = new FrameRing(ring);
    this.core = new PlayerCore(this.ring, streamRate, sampleRate, target);
    this.clockMemory = clock;
    this.clock = new PlayerClock(clock);
    this.tap = new Float32Array(tap);
    this.tapMask = this.tap.length / 2 - 1;
    this.shared = shared;
    this.port.onmessage = ({ data }: MessageEvent<PlayerCommand>): void => { this.take(data); };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const left = outputs[0]?.[0];
    const right = outputs[0]?.[1];
    if (left === undefined || right === undefined) {
      return this.alive;
    }
    const position = this.core.position;
    this.core.process(left, right);
    for (let i = 0; i < left.length; ++i) {
      const slot = ((this.tapped + i) & this.tapMask) * 2;
      this.tap[slot] = left[i] ?? 0;
      this.tap[slot + 1] = right[i] ?? 0;
    }
    const playing = this.core.state === "playing";
    this.clock.publish(
      currentTime, position, playing ? this.core.pace * sampleRate : 0, this.core.fill,
      this.core.underruns, this.core.splices, playing, this.tapped,
    );
    this.tapped += left.length;
    this.blocks += 1;
    if (!this.shared && this.blocks % kBlocksPerReport === 0) {
      const message: PlayerReply = { type: "clock", clock: this.clockMemory.slice(0) };
      this.reply(message);
      this.source?.postMessage(message);
    }
    return this.alive;
  }

  private take(command: PlayerCommand): void {
    switch (command.type) {
      case "source":
        this.source = command.port;
        this.source.onmessage = ({ data }: MessageEvent<PlayerCommand>): void => { this.take(data); };
        break;
      case "samples":
        this.ring.write(command.left, command.right, 0, command.left.length);
        break;
      case "target":
        this.core.setTarget(command.frames);
        break;
      case "drop":
        this.core.dropBefore(command.position);
        break;
      case "expect-sound":
        this.core.expectSound = command.expected;
        break;
      case "dump":
        this.reply({ type: "dump", tap: this.tap.slice(), tapped: this.tapped });
        break;
      case "close":
        this.alive = false;
        this.source?.close();
        break;
    }
  }

  private reply(message: PlayerReply): void {
    this.port.postMessage(message);
  }
}

registerProcessor(kPlayerName, Player);
