// SPDX-License-Identifier: Apache-2.0
import type { EpochMs, Milliseconds } from "../units";
import type { LoggedChunk } from "./chunk_log";

export interface Latency {
  readonly ms: Milliseconds;
  /** False where the two clocks may differ, and the figure is put together from what this side can see. */
  readonly exact: boolean;
}

/** Whether the page and its server share a machine, and so a clock. */
export function sharesClock(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

/**
 * From generation to the loudspeaker.
 *
 * With one clock it is simply measured. With two, the chunk's age on this side is measured and half the round trip
 * added; what the server held the chunk before sending it is not seen.
 *
 * @param chunk the one heard now
 * @param epoch now by this machine's clock, `now` the same instant by performance.now()
 */
export function latencyOf(
  chunk: LoggedChunk, epoch: EpochMs, now: Milliseconds, roundTrip: Milliseconds | null, oneClock: boolean,
): Latency {
  const measured = epoch - chunk.generated;
  if (oneClock && measured >= 0 && measured < 60_000) {
    return { ms: measured, exact: true };
  }
  return { ms: now - chunk.arrived + (roundTrip ?? 0) / 2, exact: false };
}
