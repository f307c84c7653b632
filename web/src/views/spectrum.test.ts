// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { bandEdges, bandLevels, settle } from "./spectrum";

const kBins = 2048;
const edges = bandEdges(96, kBins, 48_000);

describe("the spectrum", () => {
  it("is flat at zero for silence", () => {
    const out = new Float32Array(96).fill(1);
    bandLevels(new Float32Array(kBins).fill(-Infinity), edges, out);
    expect(Math.max(...out)).toBe(0);
  });

  it("shows a tone in its band", () => {
    const decibels = new Float32Array(kBins).fill(-120);
    decibels[Math.round(1000 / (24_000 / kBins))] = -30;
    const out = new Float32Array(96);
    bandLevels(decibels, edges, out);
    const loudest = out.indexOf(Math.max(...out));
    const band = (96 * Math.log(1000 / 40)) / Math.log(12_000 / 40);
    expect(Math.abs(loudest - band)).toBeLessThan(2);
  });

  it("spreads its bands evenly over the octaves", () => {
    expect(edges.length).toBe(97);
    expect((edges[96] ?? 0) / (edges[72] ?? 1)).toBeCloseTo((edges[72] ?? 0) / (edges[48] ?? 1), 1);
  });

  it("rises quickly and falls slowly", () => {
    const shown = new Float32Array([0, 1]);
    settle(shown, new Float32Array([1, 0]), 0.04, 0.6);
    expect(shown[0]).toBeGreaterThan(0.6);
    expect(shown[1]).toBeGreaterThan(0.9);
  });
});
