// SPDX-License-Identifier: Apache-2.0
import { ChunkLog } from "../audio/chunk_log";
import type { Latency } from "../audio/latency";
import { latencyOf } from "../audio/latency";
import type { PlayerReading } from "../audio/player_clock";
import type { ArrivalReport } from "../audio/receiver_protocol";
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
}

const kNoReport: ArrivalReport = { targetMs: kNoFigures.targetMs, jitterMs: 0, dropped: 0, undecodable: 0, lost: 0, chunks: [] };

/** Puts together what the receiver and the player say of themselves. */
export class Gauge {
  roundTrip: Milliseconds | null = null;
  reconnects = 0;

  private readonly log = new ChunkLog(kLogged);
  private report: ArrivalReport = kNoReport;
  private latency: Latency | null = null;
  private underruns = 0;
  /** Of players that are no more. */
  private formerUnderruns = 0;

  /** @param oneClock whether the server runs on this machine */
  constructor(private readonly oneClock: boolean) {}

  /** How much sound is held ready. */
  get target(): Milliseconds {
    return this.report.targetMs;
  }

  /** Stream frames that never came. */
  get lost(): Frames {
    return this.report.lost;
  }

  /** What was logged belongs to a stream that is no more. */
  forget(): void {
    this.log.clear();
  }

  /** Another player counts from nought. */
  playerReplaced(): void {
    this.formerUnderruns = this.underruns;
  }

  /** Takes the receiver's word. */
  reported(report: ArrivalReport): void {
    report.chunks.forEach((chunk) => { this.log.add(chunk); });
    this.report = report;
  }

  /** Takes the player's word. */
  took(reading: PlayerReading, moment: Moment): void {
    this.underruns = this.formerUnderruns + reading.underruns;
    const chunk = moment.heard === null ? null : this.log.holding(moment.heard);
    if (chunk === null) {
      this.latency = null;
    } else {
      const latency = latencyOf(chunk, moment.epoch, moment.now, this.roundTrip, this.oneClock);
      const former = this.latency?.ms ?? latency.ms;
      this.latency = { ms: former + kLatencySmoothing * (latency.ms - former), exact: latency.exact };
    }
  }

  figures(reading: PlayerReading, rate: Hertz): Figures {
    const { targetMs, jitterMs, dropped, undecodable } = this.report;
    return {
      bufferMs: framesToMs(reading.fill, rate),
      targetMs,
      jitterMs,
      latency: this.latency,
      roundTripMs: this.roundTrip,
      driftPpm: reading.speed > 0 ? (reading.speed / rate - 1) * 1e6 : 0,
      underruns: this.underruns,
      reconnects: this.reconnects,
      dropped,
      undecodable,
    };
  }
}
