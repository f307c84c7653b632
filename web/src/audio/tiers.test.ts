// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { TierPolicy, kTiers } from "./tiers";

describe("TierPolicy", () => {
  it("starts at the shallowest of 300, 500, 700 and 1000 ms", () => {
    expect(kTiers).toEqual([300, 500, 700, 1000]);
    expect(new TierPolicy().target).toBe(300);
  });

  it("stays there while chunks come evenly", () => {
    const tiers = new TierPolicy();
    for (let t = 0; t < 600_000; t += 20) {
      expect(tiers.update(8, t)).toBe(false);
    }
  });

  it.each([[40, 300], [50, 500], [100, 700], [150, 1000]])("answers %d ms of jitter with %d ms at once", (jitter, target) => {
    const tiers = new TierPolicy();
    tiers.update(jitter, 0);
    expect(tiers.target).toBe(target);
  });

  it("comes down one tier at a time, each after half a minute of calm", () => {
    const tiers = new TierPolicy();
    tiers.update(150, 0);
    const seen: number[] = [];
    for (let t = 0; t <= 95_000; t += 1000) {
      if (tiers.update(2, t)) {
        seen.push(t, tiers.target);
      }
    }
    expect(seen).toEqual([30_000, 700, 60_000, 500, 90_000, 300]);
  });

  it("does not swing between tiers while jitter hovers about a threshold", () => {
    const tiers = new TierPolicy();
    let changes = 0;
    for (let t = 0; t < 300_000; t += 20) {
      changes += tiers.update(45 + 5 * Math.sin(t / 700), t) ? 1 : 0;
    }
    expect(changes).toBe(1);
  });

  it("deepens by one tier for each underrun, up to the last", () => {
    const tiers = new TierPolicy();
    expect([tiers.underrun(), tiers.underrun(), tiers.underrun(), tiers.underrun()]).toEqual([true, true, true, false]);
    expect(tiers.target).toBe(1000);
  });
});
