// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";

import { merge } from "./changes";
import { kNeutral } from "./neutral";
import { Desk } from "./desk.svelte";

let desk: Desk;

beforeEach(() => {
  desk = new Desk(kNeutral);
});

describe("Desk", () => {
  it("shows a wish at once", () => {
    desk.wish("bpm", { bpm: 90 }, 0);
    expect(desk.parameters.bpm).toBe(90);
    expect(desk.parameters.key).toBe(kNeutral.key);
  });

  it("does not jump back while the server still says the old value", () => {
    desk.wish("bpm", { bpm: 90 }, 0);
    desk.sent(["bpm"], 1);
    desk.state({ ...kNeutral, intensity: 0.9 });
    expect(desk.parameters).toMatchObject({ bpm: 90, intensity: 0.9 });
  });

  it("takes the server's word once it has acknowledged", () => {
    desk.wish("bpm", { bpm: 90 }, 0);
    desk.sent(["bpm"], 1);
    desk.acknowledged(1);
    desk.state({ ...kNeutral, bpm: 80 });
    expect(desk.parameters.bpm).toBe(80);
  });

  it("keeps a newer wish when an older one is acknowledged", () => {
    desk.wish("bpm", { bpm: 90 }, 0);
    desk.sent(["bpm"], 1);
    desk.wish("bpm", { bpm: 95 }, 10);
    desk.acknowledged(1);
    desk.state({ ...kNeutral, bpm: 90 });
    expect(desk.parameters.bpm).toBe(95);
  });

  it("lets somebody else's change through after the wish was granted", () => {
    desk.wish("bpm", { bpm: 90 }, 0);
    desk.state({ ...kNeutral, bpm: 90 });
    desk.state({ ...kNeutral, bpm: 70 });
    expect(desk.parameters.bpm).toBe(70);
  });

  it("goes back when the server refuses, and when it never answers", () => {
    desk.wish("bpm", { bpm: 90 }, 0);
    desk.sent(["bpm"], 4);
    desk.refused(4);
    expect(desk.parameters.bpm).toBe(kNeutral.bpm);
    desk.wish("key", { key: "D" }, 0);
    desk.sent(["key"], 5);
    desk.tire(10_000);
    expect(desk.parameters.key).toBe(kNeutral.key);
  });

  it("keeps wishes that could not be sent yet", () => {
    desk.wish("key", { key: "D" }, 0);
    desk.tire(1e9);
    expect(desk.parameters.key).toBe("D");
  });

  it("takes a level that came back in single precision for the one it asked for", () => {
    desk.wish("pad", { layers: { pad: { level: 0.7 } } }, 0);
    const layers = { ...kNeutral.layers, pad: { level: Math.fround(0.7), muted: false } };
    desk.state({ ...kNeutral, layers });
    desk.state({ ...kNeutral });
    expect(desk.parameters.layers.pad.level).toBe(kNeutral.layers.pad.level);
  });
});

describe("merge", () => {
  it("lets the later change win and merges layers field by field", () => {
    expect(merge({ bpm: 60, layers: { pad: { level: 0.2 } } }, { bpm: 70, layers: { pad: { muted: true }, bass: { level: 1 } } }))
      .toEqual({ bpm: 70, layers: { pad: { level: 0.2, muted: true }, bass: { level: 1 } } });
  });
});
