// SPDX-License-Identifier: Apache-2.0
import { ChunkLog } from "../audio/chunk_log";
import { JitterEstimator } from "../audio/jitter";
import type { Latency } from "../audio/latency";
import { latencyOf } from "../audio/latency";
import type { PlayerReading } from "../audio/player_clock";
import { TierPolicy } from "../audio/tiers";
import type { ArrivedChunk } from "../transport/connection";
import type { EpochMs, Frames, Hertz, Milliseconds } from "../units";
import { framesToMs } from "../units";

/** The figures of the status line. */
export interface Figures {
  readonly bufferMs: Milliseconds;
  readonly targetMs: Milliseconds;
  readonly jitterMs: Milliseconds;
  readonly latency: Latency | null;
  readonly roundTripMs: Milliseconds | null;
  /** By how much the pace is bent, in parts per million. */
  readonly driftPpm: number;
  readonly underruns: number;
  readonly reconnects: number;
  /** Chunks the server left out, by their sequence numbers. */
  readonly dropped: number;
  readonly undecodable: number;
}

export const kNoFigures: Figures = {
  bufferMs: 0, targetMs: 300, jitterMs: 0, latency: null, roundTripMs: null,
  driftPpm: 0, underruns: 0, reconnects: 0, dropped: 0, undecodable: 0,
};

/** The first chunks come in a burst and say nothing about jitter. */
const kBurstMs = 500;
/** A buffer that ran dry this soon after a connection came up did so for want of it, not of depth. */
const kSteadyMs = 3000;
/** Chunks remembered: 12 s of them. */
const kLogged = 600;
const kLatencySmoothing = 0.3;

/** What a moment looks like from outside. */
export interface Moment {
  /** performance.now() */
  readonly now: Milliseconds;
  /** The same instant by this machine's clock. */
  readonly epoch: EpochMs;
  /** Stream frame heard now; null while nothing plays. */
  readonly heard: Frames | null;
  readonly connected: boolean;
}

/** Measures how the stream arrives and is played, and decides how much of it to hold ready. */
export class Gauge {
  roundTrip: Milliseconds | null = null;
  reconnects = 0;
  undecodable = 0;

  private readonly jitter = new JitterEstimator();
  private readonly tiers = new TierPolicy();
  private readonly log = new ChunkLog(kLogged);
  private latency: Latency | null = null;
  private greetedAt: Milliseconds = 0;
  private lastSeq: number | null = null;
  private dropped = 0;
  private underruns = 0;
  /** Of players that are no more. */
  private formerUnderruns = 0;

  /** @param oneClock whether the server runs on this machine */
  constructor(private readonly oneClock: boolean) {}

  /** How much sound to hold ready. */
  get target(): Milliseconds {
    return this.tiers.target;
  }

  /** A connection was greeted. */
  greeted(now: Milliseconds): void {
    this.greetedAt = now;
    this.lastSeq = null;
    this.jitter.interrupted();
  }

  /** What was logged belongs to a stream that is no more. */
  forget(): void {
    this.log.clear();
  }

  /** Another player counts from nought. */
  playerReplaced(): void {
    this.formerUnderruns = this.underruns;
  }

  /** @returns whether the target changed */
  arrived(chunk: ArrivedChunk): boolean {
    if (this.lastSeq !== null && chunk.seq > this.lastSeq + 1) {
      this.dropped += chunk.seq - this.lastSeq - 1;
    }
    this.lastSeq = chunk.seq;
    if (chunk.arrived - this.greetedAt < kBurstMs) {
      this.jitter.interrupted();
      return false;
    }
    this.jitter.arrived(chunk.arrived, framesToMs(chunk.at, chunk.sampleRate));
    return this.tiers.update(this.jitter.jitter, chunk.arrived);
  }

  decoded({ at, frames, arrived, generated }: ArrivedChunk): void {
    this.log.add({ at, frames, arrived, generated });
  }

  /** Takes the player's word. @returns whether the target changed: the buffer had run dry */
  took(reading: PlayerReading, moment: Moment): boolean {
    const underruns = this.formerUnderruns + reading.underruns;
    const more = underruns > this.underruns;
    this.underruns = underruns;
    const chunk = moment.heard === null ? null : this.log.holding(moment.heard);
    if (chunk === null) {
      this.latency = null;
    } else {
      const latency = latencyOf(chunk, moment.epoch, moment.now, this.roundTrip, this.oneClock);
      const former = this.latency?.ms ?? latency.ms;
      this.latency = { ms: former + kLatencySmoothing * (latency.ms - former), exact: latency.exact };
    }
    return more && moment.connected && moment.now - this.greetedAt > kSteadyMs && this.tiers.underrun();
  }

  figures(reading: PlayerReading, rate: Hertz): Figures {
    return {
      bufferMs: framesToMs(reading.fill, rate),
      targetMs: this.tiers.target,
      jitterMs: this.jitter.jitter,
      latency: this.latency,
      roundTripMs: this.roundTrip,
      driftPpm: reading.speed > 0 ? (reading.speed / rate - 1) * 1e6 : 0,
      underruns: this.underruns,
      reconnects: this.reconnects,
      dropped: this.dropped,
      undecodable: this.undecodable,
    };
  }
}
