// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { PlayerReading } from "../audio/player_clock";
import type { ArrivalReport } from "../audio/receiver_protocol";
import { Gauge } from "./gauge";

const kRate = 48_000;
const reading = (underruns: number): PlayerReading => ({
  contextTime: 0, position: 0, speed: 48_024, fill: 14_400, underruns, splices: 0, playing: true, tapped: 0,
});
const report = (change: Partial<ArrivalReport> = {}): ArrivalReport => ({
  targetMs: 300, jitterMs: 0, dropped: 0, undecodable: 0, lost: 0, chunks: [], ...change,
});
const moment = (now: number) => ({ now, epoch: 5400, heard: 100 });

describe("Gauge", () => {
  it("tells how old the sound is that is heard", () => {
    const gauge = new Gauge(true);
    gauge.reported(report({ chunks: [{ at: 0, frames: 960, arrived: 1000, generated: 5000 }] }));
    gauge.took(reading(0), moment(1300));
    expect(gauge.figures(reading(0), kRate)).toMatchObject({ bufferMs: 300, latency: { ms: 400, exact: true } });
    expect(gauge.figures(reading(0), kRate).driftPpm).toBeCloseTo(500);
  });

  it("knows no latency of a stream that is no more", () => {
    const gauge = new Gauge(true);
    gauge.reported(report({ chunks: [{ at: 0, frames: 960, arrived: 1000, generated: 5000 }] }));
    gauge.forget();
    gauge.took(reading(0), moment(1300));
    expect(gauge.figures(reading(0), kRate).latency).toBeNull();
  });

  it("passes on what the receiver last said", () => {
    const gauge = new Gauge(true);
    gauge.reported(report({ targetMs: 500, dropped: 2, lost: 960 }));
    expect(gauge.figures(reading(0), kRate)).toMatchObject({ targetMs: 500, dropped: 2 });
    expect(gauge.target).toBe(500);
    expect(gauge.lost).toBe(960);
  });

  it("keeps its count when the player is replaced", () => {
    const gauge = new Gauge(true);
    gauge.took(reading(2), moment(1));
    gauge.playerReplaced();
    gauge.took(reading(1), moment(2));
    expect(gauge.figures(reading(1), kRate).underruns).toBe(3);
  });
});
