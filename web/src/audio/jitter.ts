// SPDX-License-Identifier: Apache-2.0
import type { Milliseconds } from "../units";

const kAlpha = 0.1;

/**
 * How unevenly chunks arrive: an exponential mean (α = 0.1) of how far the time between two arrivals is from the
 * time between their first samples. The measure of RFC 3550 §6.4.1, with a faster α.
 */
export class JitterEstimator {
  private mean = 0;
  private lastArrival: Milliseconds | null = null;
  private lastMedia: Milliseconds = 0;

  /** @returns this chunk's deviation */
  arrived(arrival: Milliseconds, media: Milliseconds): Milliseconds {
    let deviation = 0;
    if (this.lastArrival !== null) {
      deviation = Math.abs(arrival - this.lastArrival - (media - this.lastMedia));
      this.mean += kAlpha * (deviation - this.mean);
    }
    this.lastArrival = arrival;
    this.lastMedia = media;
    return deviation;
  }

  /** After a reconnect or a burst: what comes next says nothing about the time before. Keeps the mean. */
  interrupted(): void {
    this.lastArrival = null;
  }

  get jitter(): Milliseconds {
    return this.mean;
  }
}
