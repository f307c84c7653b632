// SPDX-License-Identifier: Apache-2.0
import type { Peaks } from "../protocol/peaks";
import { Scope } from "../scope";
import type { Seconds } from "../units";
import { clamp } from "../units";
import type { Click } from "./clicks";
import { ClickPlan, clickSound } from "./clicks";
import { peaksOfSound } from "./peaks";

/** Up to here a recording is decoded whole and plays exact to the sample; a longer one would take gigabytes. */
const kWhole: Seconds = 12 * 60;
/** Clicks are handed to the audio clock this far ahead: a page in the background is woken once a second. */
const kAhead: Seconds = 1.3;
const kLookEveryMs = 200;
/** A start a little in the future begins where it was asked to. */
const kStartDelay: Seconds = 0.03;
const kGlide: Seconds = 0.015;

/** What plays the recording itself, against the audio clock. */
interface Transport {
  readonly length: Seconds;
  /** Place in the recording of what the loudspeaker gives at a time of the audio clock. */
  positionAt(context: Seconds): Seconds;
  start(from: Seconds, ended: () => void): Promise<void>;
  stop(): void;
  close(): void;
}

/** Plays a file of the listener's own, with a click on the beats. */
export class FileDeck {
  private readonly scope = new Scope();
  private readonly sounds: readonly [AudioBuffer, AudioBuffer];
  private readonly pending = new Set<AudioBufferSourceNode>();
  private clicks: readonly Click[] = [];
  private clicking = false;
  private plan: ClickPlan | null = null;
  private running = false;
  private rest: Seconds = 0;

  private constructor(
    private readonly context: AudioContext, private readonly volume: GainNode, private readonly transport: Transport,
    /** Of the decoded sound; null where it is not decoded whole. */
    readonly peaks: Peaks | null,
    private readonly ended: () => void,
  ) {
    const sound = (downbeat: boolean): AudioBuffer => {
      const samples = clickSound(context.sampleRate, downbeat);
      const buffer = context.createBuffer(1, samples.length, context.sampleRate);
      buffer.getChannelData(0).set(samples);
      return buffer;
    };
    this.sounds = [sound(false), sound(true)];
    this.scope.every(kLookEveryMs, () => { this.scheduleClicks(); });
  }

  /** @param length as analysed @throws where the browser cannot play this */
  static async open(file: Blob, length: Seconds, ended: () => void): Promise<FileDeck> {
    const context = new AudioContext({ latencyHint: "interactive" });
    const volume = new GainNode(context);
    volume.connect(context.destination);
    try {
      if (length <= kWhole) {
        const buffer = await context.decodeAudioData(await file.arrayBuffer());
        const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
        return new FileDeck(context, volume, new WholeTransport(context, volume, buffer), peaksOfSound(channels, buffer.sampleRate), ended);
      }
      return new FileDeck(context, volume, await StreamedTransport.open(context, volume, file), null, ended);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  get playing(): boolean {
    return this.running;
  }

  /** Place in the recording that is heard now. */
  position(): Seconds {
    if (!this.running) {
      return this.rest;
    }
    return clamp(this.transport.positionAt(this.context.currentTime - latencyOf(this.context)), 0, this.transport.length);
  }

  /** Call from a user's gesture. */
  async play(): Promise<void> {
    if (this.running) {
      return;
    }
    this.running = true;
    const from = this.rest >= this.transport.length - 0.01 ? 0 : this.rest;
    await this.context.resume();
    await this.transport.start(from, () => {
      this.running = false;
      this.rest = this.transport.length;
      this.silenceClicks();
      this.ended();
    });
    this.planClicks();
  }

  pause(): void {
    if (this.running) {
      this.rest = this.position();
      this.running = false;
      this.transport.stop();
      this.silenceClicks();
    }
  }

  async seek(to: Seconds): Promise<void> {
    const again = this.running;
    this.pause();
    this.rest = clamp(to, 0, this.transport.length);
    if (again) {
      await this.play();
    }
  }

  /** @param clicks in the order of time */
  setClicks(clicks: readonly Click[], on: boolean): void {
    this.clicks = clicks;
    this.clicking = on;
    this.planClicks();
  }

  /** @param level [0, 1]; squared, as the station's is */
  setVolume(level: number): void {
    this.volume.gain.setTargetAtTime(level * level, this.context.currentTime, kGlide);
  }

  close(): void {
    this.pause();
    this.scope.close();
    this.transport.close();
    void this.context.close();
  }

  private planClicks(): void {
    this.silenceClicks();
    if (this.running && this.clicking) {
      this.plan = new ClickPlan(this.clicks, this.transport.positionAt(this.context.currentTime));
      this.scheduleClicks();
    }
  }

  private scheduleClicks(): void {
    const now = this.context.currentTime;
    const position = this.transport.positionAt(now);
    for (const click of this.plan?.take(position + kAhead) ?? []) {
      const node = new AudioBufferSourceNode(this.context, { buffer: this.sounds[click.downbeat ? 1 : 0] });
      node.connect(this.volume);
      this.pending.add(node);
      this.scope.listen(node, "ended", () => { this.pending.delete(node); }, { once: true });
      node.start(Math.max(now, now + click.at - position));
    }
  }

  private silenceClicks(): void {
    this.plan = null;
    for (const node of this.pending) {
      node.stop();
    }
    this.pending.clear();
  }
}

/** Decoded whole: a sample's place on the audio clock is exact. */
class WholeTransport implements Transport {
  private node: AudioBufferSourceNode | null = null;
  private release: (() => void) | null = null;
  private readonly scope = new Scope();
  /** Audio clock at which the recording's first sample would have sounded. */
  private origin: Seconds = 0;
  private from: Seconds = 0;

  constructor(private readonly context: AudioContext, private readonly output: AudioNode, private readonly buffer: AudioBuffer) {}

  get length(): Seconds {
    return this.buffer.duration;
  }

  positionAt(context: Seconds): Seconds {
    return Math.max(this.from, context - this.origin);
  }

  start(from: Seconds, ended: () => void): Promise<void> {
    this.stop();
    const node = new AudioBufferSourceNode(this.context, { buffer: this.buffer });
    node.connect(this.output);
    const at = this.context.currentTime + kStartDelay;
    this.origin = at - from;
    this.from = from;
    this.release = this.scope.listen(node, "ended", ended, { once: true });
    node.start(at, from);
    this.node = node;
    return Promise.resolve();
  }

  stop(): void {
    this.release?.();
    this.node?.stop();
    this.node?.disconnect();
    this.node = null;
  }

  close(): void {
    this.stop();
    this.scope.close();
  }
}

/** The element's clock is read through a filter: single readings are off by some milliseconds. */
const kFollow = 0.08;
const kJump: Seconds = 0.06;

/** Decoded as it plays, by a media element. */
class StreamedTransport implements Transport {
  private readonly scope = new Scope();
  private release: (() => void) | null = null;
  private origin: Seconds | null = null;

  private constructor(private readonly context: AudioContext, private readonly element: HTMLAudioElement) {
    this.scope.every(50, () => { this.listen(); });
  }

  static async open(context: AudioContext, output: AudioNode, file: Blob): Promise<StreamedTransport> {
    const element = new Audio();
    const transport = new StreamedTransport(context, element);
    const address = URL.createObjectURL(file);
    transport.scope.add(() => { URL.revokeObjectURL(address); });
    const ready = new Promise<void>((resolve, reject) => {
      transport.scope.listen(element, "loadedmetadata", () => { resolve(); });
      transport.scope.listen(element, "error", () => { reject(new Error(element.error?.message ?? "it cannot be played")); });
    });
    element.preload = "auto";
    element.src = address;
    new MediaElementAudioSourceNode(context, { mediaElement: element }).connect(output);
    try {
      await ready;
    } catch (error) {
      transport.close();
      throw error;
    }
    return transport;
  }

  get length(): Seconds {
    return this.element.duration;
  }

  positionAt(context: Seconds): Seconds {
    return this.origin === null ? this.element.currentTime : context - this.origin;
  }

  async start(from: Seconds, ended: () => void): Promise<void> {
    this.origin = null;
    this.element.currentTime = from;
    this.release?.();
    this.release = this.scope.listen(this.element, "ended", ended, { once: true });
    await this.element.play();
  }

  stop(): void {
    this.release?.();
    this.element.pause();
    this.origin = null;
  }

  close(): void {
    this.stop();
    this.element.removeAttribute("src");
    this.scope.close();
  }

  private listen(): void {
    if (this.element.paused || this.element.seeking) {
      return;
    }
    const measured = this.context.currentTime - this.element.currentTime;
    this.origin = this.origin === null || Math.abs(measured - this.origin) > kJump
      ? measured
      : this.origin + kFollow * (measured - this.origin);
  }
}

function latencyOf(context: AudioContext): Seconds {
  // Not every browser has outputLatency yet.
  const { outputLatency } = context as { readonly outputLatency?: number };
  return clamp(outputLatency ?? context.baseLatency, 0, 1);
}
