// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { ChunkLog } from "./chunk_log";
import { latencyOf, sharesClock } from "./latency";

const kChunk = { at: 0, frames: 960, arrived: 5000, generated: 1_700_000_000_000 };

describe("latencyOf", () => {
  it("is measured where both ends share a clock", () => {
    expect(latencyOf(kChunk, 1_700_000_000_400, 5310, 2, true)).toEqual({ ms: 400, exact: true });
  });

  it("is put together from what this side sees where they do not, and says so", () => {
    expect(latencyOf(kChunk, 1_600_000_000_000, 5310, 40, false)).toEqual({ ms: 330, exact: false });
    expect(latencyOf(kChunk, 1_600_000_000_000, 5310, 40, true).exact).toBe(false);
  });
});

describe("sharesClock", () => {
  it.each(["localhost", "127.0.0.1", "[::1]"])("is true for %s", (host) => {
    expect(sharesClock(host)).toBe(true);
  });
  it.each(["192.168.1.5", "radio.example", "x127.example"])("is false for %s", (host) => {
    expect(sharesClock(host)).toBe(false);
  });
});

describe("ChunkLog", () => {
  it("finds the chunk that holds a frame, the later where there are two", () => {
    const log = new ChunkLog(4);
    log.add(kChunk);
    log.add({ ...kChunk, at: 960 });
    log.add({ ...kChunk, at: 960, arrived: 6000 });
    expect(log.holding(959)?.at).toBe(0);
    expect(log.holding(1000)?.arrived).toBe(6000);
    expect(log.holding(5000)).toBeNull();
  });

  it("stays small", () => {
    const log = new ChunkLog(4);
    for (let i = 0; i < 100; ++i) {
      log.add({ ...kChunk, at: i * 960 });
    }
    expect(log.all().length).toBeLessThanOrEqual(8);
  });
});
