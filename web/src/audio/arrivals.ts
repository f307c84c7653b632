// SPDX-License-Identifier: Apache-2.0
import type { ArrivedChunk } from "../transport/connection";
import type { Milliseconds } from "../units";
import { framesToMs } from "../units";
import { JitterEstimator } from "./jitter";
import { TierPolicy } from "./tiers";

/** The first chunks come in a burst and say nothing about jitter. */
const kBurstMs = 500;
/** A buffer that ran dry this soon after a connection came up did so for want of it, not of depth. */
const kSteadyMs = 3000;

/** Watches how evenly the stream arrives, and decides how much of it to hold ready. */
export class Arrivals {
  /** Chunks the server left out, by their sequence numbers. */
  dropped = 0;

  private readonly estimator = new JitterEstimator();
  private readonly tiers = new TierPolicy();
  private greetedAt: Milliseconds = 0;
  private lastSeq: number | null = null;
  private underruns = 0;

  /** How much sound to hold ready. */
  get target(): Milliseconds {
    return this.tiers.target;
  }

  get jitter(): Milliseconds {
    return this.estimator.jitter;
  }

  /** A connection was greeted. */
  greeted(now: Milliseconds): void {
    this.greetedAt = now;
    this.lastSeq = null;
    this.estimator.interrupted();
  }

  /** Another player counts its underruns from nought. */
  playerReplaced(): void {
    this.underruns = 0;
  }

  /** @returns whether the target changed */
  arrived(chunk: ArrivedChunk): boolean {
    if (this.lastSeq !== null && chunk.seq > this.lastSeq + 1) {
      this.dropped += chunk.seq - this.lastSeq - 1;
    }
    this.lastSeq = chunk.seq;
    if (chunk.arrived - this.greetedAt < kBurstMs) {
      this.estimator.interrupted();
      return false;
    }
    this.estimator.arrived(chunk.arrived, framesToMs(chunk.at, chunk.sampleRate));
    return this.tiers.update(this.estimator.jitter, chunk.arrived);
  }

  /** Takes the player's count of underruns. @returns whether the target changed */
  counted(underruns: number, now: Milliseconds, connected: boolean): boolean {
    const more = underruns > this.underruns;
    this.underruns = underruns;
    return more && connected && now - this.greetedAt > kSteadyMs && this.tiers.underrun();
  }
}
