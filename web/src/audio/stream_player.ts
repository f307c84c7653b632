// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz, Seconds } from "../units";
import type { Anchor } from "./anchors";
import { Anchors } from "./anchors";
import type { PlayerReading } from "./player_clock";
import { PlayerClock, kClockBytes } from "./player_clock";
import type { Outlet } from "./receiver_protocol";
import { allocateRing } from "./ring";
import type { PlayerCommand, PlayerOptions, PlayerReply } from "./worklet_protocol";
import { kPlayerName } from "./worklet_protocol";

/** 5.5 s at 48 kHz: the deepest tier, a burst on top, and room. */
const kRingFrames = 2 ** 18;
/** What was played, for the diagnostics: 10.9 s at 48 kHz. */
const kTapFrames = 2 ** 19;

/** What was played last: interleaved stereo, the newest frame last. */
export interface PlayedSound {
  readonly samples: Float32Array;
  readonly sampleRate: Hertz;
  /** Output frames played, ever; silence counts. */
  readonly played: number;
}

/**
 * The page's hold on one player in the audio thread: where it stands and what it played.
 *
 * The page makes it and listens to it; what it plays comes from the receiver, to which `outlet` is given.
 */
export class StreamPlayer {
  /** The receiver's end; its port can be given away once. */
  readonly outlet: Outlet;
  private readonly anchors = new Anchors();
  private readonly clock: PlayerClock;
  private readonly clockMemory: ArrayBufferLike;
  private readonly tap: Float32Array;
  private readonly node: AudioWorkletNode;
  private dumps: ((sound: PlayedSound) => void)[] = [];
  private lastReading: PlayerReading | null = null;

  constructor(
    private readonly context: AudioContext,
    readonly rate: Hertz,
    target: Frames,
    readonly shared: boolean,
  ) {
    const ring = allocateRing(kRingFrames, shared);
    const make = (bytes: number): ArrayBufferLike => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.clockMemory = make(kClockBytes);
    const tap = make(kTapFrames * 2 * 4);
    this.clock = new PlayerClock(this.clockMemory);
    this.tap = new Float32Array(tap);
    const options: PlayerOptions = { ring, clock: this.clockMemory, tap, streamRate: rate, target, shared };
    this.node = new AudioWorkletNode(context, kPlayerName, {
      numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [2], processorOptions: options,
    });
    this.node.port.onmessage = ({ data }: MessageEvent<PlayerReply>): void => { this.take(data); };
    const channel = new MessageChannel();
    this.command({ type: "source", port: channel.port1 }, [channel.port1]);
    this.outlet = { rate, memory: shared ? { ring, clock: this.clockMemory } : null, port: channel.port2 };
  }

  connect(destination: AudioNode): void {
    this.node.connect(destination);
  }

  /** The receiver says which stream frame lies at which position. */
  anchored(anchor: Anchor): void {
    this.anchors.add(anchor);
  }

  /** The worklet's last word; null before its first. */
  reading(): PlayerReading | null {
    this.lastReading = this.clock.read() ?? this.lastReading;
    return this.lastReading;
  }

  /** Stream frame at an AudioContext time; null while nothing plays. */
  frameAt(contextTime: Seconds): Frames | null {
    const now = this.reading();
    if (!now?.playing) {
      return null;
    }
    return this.anchors.frameAt(Math.max(0, now.position + (contextTime - now.contextTime) * now.speed));
  }

  /** What the worklet put out last. */
  played(): Promise<PlayedSound> {
    const sampleRate = this.context.sampleRate;
    if (this.shared) {
      const tapped = this.reading()?.tapped ?? 0;
      return Promise.resolve({ samples: unwound(this.tap, tapped), sampleRate, played: tapped });
    }
    return new Promise((resolve) => {
      this.dumps.push(resolve);
      this.command({ type: "dump" });
    });
  }

  close(): void {
    this.command({ type: "close" });
    this.node.disconnect();
    this.node.port.close();
  }

  private command(command: PlayerCommand, transfer: Transferable[] = []): void {
    this.node.port.postMessage(command, transfer);
  }

  private take(reply: PlayerReply): void {
    if (reply.type === "clock") {
      new Uint8Array(this.clockMemory).set(new Uint8Array(reply.clock));
    } else {
      const sound = { samples: unwound(reply.tap, reply.tapped), sampleRate: this.context.sampleRate, played: reply.tapped };
      this.dumps.forEach((resolve) => { resolve(sound); });
      this.dumps = [];
    }
  }
}

/** A ring of interleaved stereo in order, oldest first, without what was never written. */
function unwound(ring: Float32Array, written: number): Float32Array {
  const frames = ring.length / 2;
  if (written <= frames) {
    return ring.slice(0, written * 2);
  }
  const start = (written % frames) * 2;
  const out = new Float32Array(ring.length);
  out.set(ring.subarray(start));
  out.set(ring.subarray(0, start), ring.length - start);
  return out;
}
