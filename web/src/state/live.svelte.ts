// SPDX-License-Identifier: Apache-2.0
import type { MicrophoneProblem } from "../audio/microphone";
import { Microphone, NoMicrophone } from "../audio/microphone";
import type { BeatPoint, ChordPart, KeyCandidate, LiveMessage } from "../protocol/generated/messages";
import { Scope } from "../scope";
import { LiveLink } from "../transport/live";
import type { Milliseconds, Seconds } from "../units";
import { LiveClock } from "./live_clock";
import { LiveScore } from "./live_score";

export type LiveSource = "station" | "microphone";

export type LivePhase =
  | { readonly kind: "off" }
  /** The visitor is asked for the microphone. */
  | { readonly kind: "asking" }
  | { readonly kind: "connecting" }
  | { readonly kind: "listening" }
  /** The connection broke; it is tried again at this time of performance.now(). */
  | { readonly kind: "waiting"; readonly until: Milliseconds }
  | { readonly kind: "deaf"; readonly problem: MicrophoneProblem | "ended" }
  | { readonly kind: "refused"; readonly why: string };

/** Beats a minute are said no more often than they are read. */
const kTempoEvery: Seconds = 0.5;
/** Latencies of the last transients: their middle says how late the picture is. */
const kLatencies = 15;

/** What is heard as it sounds, of the station or of the visitor's microphone. */
export class Live {
  readonly score = new LiveScore();

  source: LiveSource = $state("station");
  phase: LivePhase = $state.raw({ kind: "off" });
  /** The station that is heard; null for a microphone, or while nothing is. */
  station: string | null = $state(null);
  // As of the moment that the picture shows.
  chord: ChordPart | null = $state.raw(null);
  key: KeyCandidate | null = $state.raw(null);
  beat: BeatPoint | null = $state.raw(null);
  bpm: number | null = $state(null);
  bpmConfidence: number = $state(0);
  level: number | null = $state(null);
  metre: number = $state(0);
  heardFor: Seconds = $state(0);
  hasSections = $state(false);
  hasVoice = $state(false);
  /** Through which the server hears, by name and version. */
  networks: readonly string[] = $state.raw([]);
  /** How late a transient is known; null until one has been heard. */
  latency: Milliseconds | null = $state(null);
  announcement = $state("");

  private readonly clock = new LiveClock();
  private scope: Scope | null = null;
  private latencies: Milliseconds[] = [];
  private tempoSaidAt: Seconds = -Infinity;
  /** Of a station: the time on the station's own clock, in seconds, that is 0 here. */
  private origin: Seconds = 0;
  /** Counts starts, so that what was begun before the last one can tell. */
  private run = 0;

  constructor(private readonly page: URL, private readonly shared: boolean) {}

  get active(): boolean {
    return this.phase.kind === "connecting" || this.phase.kind === "listening" || this.phase.kind === "waiting" || this.phase.kind === "asking";
  }

  /** Whatever the server hears of a station; begun again where it is another. */
  hearStation(station: string): void {
    if (this.source === "station" && this.station === station && this.active) {
      return;
    }
    this.stop();
    this.source = "station";
    this.station = station;
    this.phase = { kind: "connecting" };
    this.connect(new Scope(), { station });
  }

  /** Call from a user's gesture. */
  async hearMicrophone(): Promise<void> {
    this.stop();
    this.source = "microphone";
    this.station = null;
    this.phase = { kind: "asking" };
    const { run } = this;
    let link: LiveLink | null = null;
    try {
      const microphone = await Microphone.open(this.shared, {
        sound: (samples) => { link?.send(samples); },
        ended: () => {
          if (run === this.run) {
            this.stop();
            this.phase = { kind: "deaf", problem: "ended" };
            this.announcement = "The microphone is gone";
          }
        },
      });
      if (run !== this.run) {
        microphone.close();
        return;
      }
      const scope = new Scope();
      scope.own(microphone);
      this.phase = { kind: "connecting" };
      link = this.connect(scope, { sampleRate: microphone.sampleRate });
    } catch (error) {
      if (run === this.run) {
        const problem = error instanceof NoMicrophone ? error.problem : "failed";
        this.phase = { kind: "deaf", problem };
        this.announcement = "There is no microphone to hear";
      }
    }
  }

  stop(): void {
    this.run += 1;
    this.scope?.close();
    this.scope = null;
    this.phase = { kind: "off" };
    this.forget();
  }

  /**
   * Once a frame: what is heard now.
   * @param wall performance.now() @param heard seconds on the station's clock that leave the loudspeaker now, if any do
   */
  update(wall: Milliseconds, heard: Seconds | null): Seconds {
    const now = this.clock.now(wall / 1000, heard === null ? null : heard - this.origin);
    const { score } = this;
    score.carryOn(now);
    this.chord = score.chordAt(now);
    this.key = score.keyAt(now);
    this.beat = score.beatAt(now);
    this.metre = score.metre;
    if (Math.abs(now - this.tempoSaidAt) >= kTempoEvery) {
      this.tempoSaidAt = now;
      const tempo = score.tempoAt(now);
      this.bpm = tempo?.bpm ?? null;
      this.bpmConfidence = tempo?.confidence ?? 0;
      this.level = score.levelAt(now);
      this.heardFor = Math.floor(now);
    }
    return now;
  }

  private connect(scope: Scope, sound: { readonly station: string } | { readonly sampleRate: number }): LiveLink {
    this.scope = scope;
    return new LiveLink(this.page, sound, {
      message: (message) => { this.told(message); },
      waiting: (wait) => {
        this.phase = { kind: "waiting", until: performance.now() + wait };
        this.announcement = "Offline. Trying again.";
      },
      refused: (why) => {
        this.scope?.close();
        this.phase = { kind: "refused", why };
        this.announcement = why;
      },
    }, scope);
  }

  private told(message: LiveMessage): void {
    if (message.type === "error") {
      return;
    }
    if (message.type === "listening") {
      this.forget();
      this.origin = message.at / message.sample_rate;
      this.networks = message.networks;
      this.phase = { kind: "listening" };
      this.announcement = message.source === "station" ? "Listening to the station" : "Listening to the microphone";
      return;
    }
    this.score.take(message);
    this.clock.heard(message.at + message.latency, performance.now() / 1000);
    this.hasSections = this.score.hasSections;
    this.hasVoice = this.score.hasVoice;
    if (message.type === "onset") {
      this.latencies = [...this.latencies, message.latency * 1000].slice(-kLatencies);
      this.latency = [...this.latencies].sort((a, b) => a - b)[this.latencies.length >> 1] ?? null;
    }
  }

  private forget(): void {
    this.score.clear();
    this.clock.reset();
    this.latencies = [];
    this.latency = null;
    this.tempoSaidAt = -Infinity;
    this.chord = null;
    this.key = null;
    this.beat = null;
    this.bpm = null;
    this.level = null;
    this.heardFor = 0;
    this.hasSections = false;
    this.hasVoice = false;
    this.networks = [];
  }
}
