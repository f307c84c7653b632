// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { ArrivedChunk } from "../transport/connection";
import { Arrivals } from "./arrivals";

const chunk = (i: number, arrived = 1000 + i * 20): ArrivedChunk => ({
  codec: "opus", channels: 2, seq: i, at: i * 960, frames: 960, sampleRate: 48_000, generated: 5000 + i * 20, payload: new Uint8Array(), arrived,
});

describe("Arrivals", () => {
  it("count the chunks a sequence leaves out, but not across a reconnect", () => {
    const arrivals = new Arrivals();
    arrivals.greeted(0);
    [0, 1, 4].forEach((i) => arrivals.arrived(chunk(i)));
    arrivals.greeted(5000);
    arrivals.arrived(chunk(90));
    expect(arrivals.dropped).toBe(2);
  });

  it("deepen the buffer after an underrun, but not after one that a lost or fresh connection explains", () => {
    const arrivals = new Arrivals();
    arrivals.greeted(0);
    expect(arrivals.counted(1, 1000, true)).toBe(false);
    expect(arrivals.counted(2, 9000, false)).toBe(false);
    expect(arrivals.counted(2, 9500, true)).toBe(false);
    expect(arrivals.counted(3, 10_000, true)).toBe(true);
    expect(arrivals.target).toBe(500);
  });

  it("count afresh when the player is replaced", () => {
    const arrivals = new Arrivals();
    arrivals.counted(2, 9000, true);
    arrivals.playerReplaced();
    expect(arrivals.counted(1, 10_000, true)).toBe(true);
  });

  it("do not take the first burst for jitter", () => {
    const arrivals = new Arrivals();
    arrivals.greeted(1000);
    for (let i = 0; i < 20; ++i) {
      arrivals.arrived(chunk(i, 1001));
    }
    for (let i = 20; i < 60; ++i) {
      arrivals.arrived(chunk(i, 1510 + (i - 20) * 20));
    }
    expect(arrivals.jitter).toBeLessThan(0.001);
  });

  it("ask for more when chunks come unevenly", () => {
    const arrivals = new Arrivals();
    arrivals.greeted(0);
    const changes = Array.from({ length: 60 }, (_, i) => arrivals.arrived(chunk(i, 1000 + i * 20 + (i % 8 === 0 ? 320 : 0))));
    expect(changes).toContain(true);
    expect(arrivals.target).toBeGreaterThan(300);
  });
});
