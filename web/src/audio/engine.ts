// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz, Seconds } from "../units";
import { clamp } from "../units";
import { StreamPlayer } from "./stream_player";
import workletUrl from "./worklet?worker&url";

const kVolumeGlideSeconds = 0.03;
const kFadeSeconds = 0.08;

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
