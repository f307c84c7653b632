// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz, Seconds } from "../units";
import { clamp } from "../units";
import { StreamAssembler } from "./assembler";
import type { PlayerReading } from "./player_clock";
import { PlayerClock, kClockBytes } from "./player_clock";
import type { RingMemory } from "./ring";
import { FrameRing, allocateRing } from "./ring";
import workletUrl from "./worklet?worker&url";
import type { PlayerCommand, PlayerOptions, PlayerReply } from "./worklet_protocol";
import { kPlayerName } from "./worklet_protocol";

/** 5.5 s at 48 kHz: the deepest tier, a burst on top, and room. */
const kRingFrames = 2 ** 18;
/** What was played, for the diagnostics: 10.9 s at 48 kHz. */
const kTapFrames = 2 ** 19;
const kVolumeGlideSeconds = 0.03;
const kFadeSeconds = 0.08;

/** What was played last: interleaved stereo, the newest frame last. */
export interface PlayedSound {
  readonly samples: Float32Array;
  readonly sampleRate: Hertz;
  /** Output frames played, ever; silence counts. */
  readonly played: number;
}

/** One stream of samples on its way to the sound card. */
export class StreamPlayer {
  readonly assembler: StreamAssembler;
  private readonly ring: FrameRing;
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
    const ringMemory: RingMemory = allocateRing(kRingFrames, shared);
    const make = (bytes: number): ArrayBufferLike => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.clockMemory = make(kClockBytes);
    const tapMemory = make(kTapFrames * 2 * 4);
    this.ring = new FrameRing(ringMemory);
    this.clock = new PlayerClock(this.clockMemory);
    this.tap = new Float32Array(tapMemory);
    const options: PlayerOptions = { ring: ringMemory, clock: this.clockMemory, tap: tapMemory, streamRate: rate, target, shared };
    this.node = new AudioWorkletNode(context, kPlayerName, {
      numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [2], processorOptions: options,
    });
    this.node.port.onmessage = ({ data }: MessageEvent<PlayerReply>): void => { this.take(data); };
    this.assembler = new StreamAssembler(
      shared ? this.ring : { write: (left, right, from, count) => this.post(left, right, from, count) },
      rate,
    );
  }

  connect(destination: AudioNode): void {
    this.node.connect(destination);
  }

  /** Takes a decoded chunk. */
  push(at: Frames, left: Float32Array, right: Float32Array): void {
    const dropBefore = this.assembler.push(at, left, right);
    if (dropBefore !== null) {
      this.command({ type: "drop", position: dropBefore });
    }
  }

  setTarget(frames: Frames): void {
    this.command({ type: "target", frames });
  }

  /** Leaves behind everything that has not been heard yet; the next chunk begins a new run. */
  leave(): void {
    this.assembler.restart();
    this.command({ type: "drop", position: this.assembler.written });
  }

  expectSound(expected: boolean): void {
    this.command({ type: "expect-sound", expected });
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
    return this.assembler.frameAt(Math.max(0, now.position + (contextTime - now.contextTime) * now.speed));
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

  private post(left: Float32Array, right: Float32Array, from: number, count: number): boolean {
    const l = left.slice(from, from + count);
    const r = right.slice(from, from + count);
    const message: PlayerCommand = { type: "samples", left: l, right: r };
    this.node.port.postMessage(message, [l.buffer, r.buffer]);
    return true;
  }

  private command(command: PlayerCommand): void {
    this.node.port.postMessage(command);
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

/** The sound card: one AudioContext, the volume, and an analyser that hears the stream before the volume. */
export class AudioEngine {
  readonly analyser: AnalyserNode;
  private readonly context: AudioContext;
  private readonly fader: GainNode;
  private readonly volume: GainNode;
  private player: StreamPlayer | null = null;
  private playerRate: Hertz = 0;

  private constructor(context: AudioContext, readonly shared: boolean) {
    this.context = context;
    this.analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.82, minDecibels: -95, maxDecibels: -18 });
    this.fader = new GainNode(context, { gain: 0 });
    this.volume = new GainNode(context, { gain: 1 });
    this.fader.connect(this.analyser);
    this.fader.connect(this.volume);
    this.volume.connect(context.destination);
  }

  /** Call from a user's gesture, or the browser keeps the context silent. */
  static async create(preferShared: boolean): Promise<AudioEngine> {
    const context = new AudioContext({ latencyHint: "balanced" });
    const engine = new AudioEngine(context, preferShared && crossOriginIsolated);
    await Promise.all([context.audioWorklet.addModule(workletUrl), context.resume()]);
    return engine;
  }

  get sampleRate(): Hertz {
    return this.context.sampleRate;
  }

  get running(): boolean {
    return this.context.state === "running";
  }

  /** A player for streams of this rate; the same one as long as the rate stays. */
  playerFor(rate: Hertz, target: Frames): StreamPlayer {
    if (this.player === null || this.playerRate !== rate) {
      this.player?.close();
      this.player = new StreamPlayer(this.context, rate, target, this.shared);
      this.player.connect(this.fader);
      this.playerRate = rate;
    }
    return this.player;
  }

  async resume(): Promise<void> {
    await this.context.resume();
    this.glide(this.fader, 1, kFadeSeconds);
  }

  fadeOut(): void {
    this.glide(this.fader, 0, kFadeSeconds);
  }

  async suspend(): Promise<void> {
    await this.context.suspend();
  }

  /** @param level [0, 1]; squared, so that the slider's middle sounds like the middle. */
  setVolume(level: number): void {
    this.glide(this.volume, level * level, kVolumeGlideSeconds);
  }

  /** AudioContext time of the sample that leaves the loudspeaker now. */
  heardTime(now: number = performance.now()): Seconds {
    const stamp = this.context.getOutputTimestamp();
    const current = this.context.currentTime;
    if (stamp.contextTime !== undefined && stamp.performanceTime !== undefined && stamp.performanceTime > 0) {
      const heard = stamp.contextTime + (now - stamp.performanceTime) / 1000;
      // A timestamp that lags by half a second or runs ahead is a driver's mistake.
      if (heard > current - 0.5 && heard < current + 0.05) {
        return heard;
      }
    }
    return current - this.outputLatency;
  }

  get outputLatency(): Seconds {
    // Not every browser has outputLatency yet.
    const { outputLatency } = this.context as { readonly outputLatency?: number };
    return clamp(outputLatency ?? this.context.baseLatency, 0, 1);
  }

  /** Stream frame heard now; null while nothing plays. */
  heardFrame(now?: number): Frames | null {
    return this.player?.frameAt(this.heardTime(now)) ?? null;
  }

  private glide(node: GainNode, value: number, seconds: Seconds): void {
    node.gain.cancelScheduledValues(this.context.currentTime);
    node.gain.setTargetAtTime(value, this.context.currentTime, seconds / 3);
  }
}
