// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { PlayerReading } from "../audio/player_clock";
import type { ArrivedChunk } from "../transport/connection";
import { Gauge } from "./gauge";

const kRate = 48_000;
const chunk = (i: number, arrived = 1000 + i * 20): ArrivedChunk => ({
  codec: "opus", channels: 2, seq: i, at: i * 960, frames: 960, sampleRate: kRate, generated: 5000 + i * 20, payload: new Uint8Array(), arrived,
});
const reading = (underruns: number): PlayerReading => ({
  contextTime: 0, position: 0, speed: 48_024, fill: 14_400, underruns, splices: 0, playing: true, tapped: 0,
});
const moment = (now: number, connected = true) => ({ now, epoch: 5400, heard: 100, connected });

describe("Gauge", () => {
  it("counts the chunks a sequence leaves out, but not across a reconnect", () => {
    const gauge = new Gauge(true);
    gauge.greeted(0);
    [0, 1, 4].forEach((i) => gauge.arrived(chunk(i)));
    gauge.greeted(5000);
    gauge.arrived(chunk(90));
    expect(gauge.figures(reading(0), kRate).dropped).toBe(2);
  });

  it("tells how old the sound is that is heard", () => {
    const gauge = new Gauge(true);
    gauge.decoded(chunk(0));
    gauge.took(reading(0), moment(1300));
    expect(gauge.figures(reading(0), kRate)).toMatchObject({ bufferMs: 300, latency: { ms: 400, exact: true } });
    expect(gauge.figures(reading(0), kRate).driftPpm).toBeCloseTo(500);
  });

  it("deepens the buffer after an underrun, but not after one that a lost or fresh connection explains", () => {
    const gauge = new Gauge(true);
    gauge.greeted(0);
    expect(gauge.took(reading(1), moment(1000))).toBe(false);
    expect(gauge.took(reading(2), moment(9000, false))).toBe(false);
    expect(gauge.took(reading(2), moment(9500))).toBe(false);
    expect(gauge.took(reading(3), moment(10_000))).toBe(true);
    expect(gauge.target).toBe(500);
    expect(gauge.figures(reading(3), kRate).underruns).toBe(3);
  });

  it("keeps its count when the player is replaced", () => {
    const gauge = new Gauge(true);
    gauge.took(reading(2), moment(1));
    gauge.playerReplaced();
    gauge.took(reading(1), moment(2));
    expect(gauge.figures(reading(1), kRate).underruns).toBe(3);
  });

  it("does not take the first burst for jitter", () => {
    const gauge = new Gauge(true);
    gauge.greeted(1000);
    for (let i = 0; i < 20; ++i) {
      gauge.arrived(chunk(i, 1001));
    }
    for (let i = 20; i < 60; ++i) {
      gauge.arrived(chunk(i, 1510 + (i - 20) * 20));
    }
    expect(gauge.figures(reading(0), kRate).jitterMs).toBeLessThan(0.001);
  });
});
