// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { Anchors } from "./anchors";

describe("Anchors", () => {
  it("know nothing before the first", () => {
    const anchors = new Anchors();
    expect(anchors.frameAt(0)).toBeNull();
    anchors.add({ position: 100, frame: 7 });
    expect(anchors.frameAt(99)).toBeNull();
  });

  it("run on from the last one before a position, fractions kept", () => {
    const anchors = new Anchors();
    anchors.add({ position: 0, frame: 48_000 });
    anchors.add({ position: 960, frame: 96_000 });
    expect(anchors.frameAt(959)).toBe(48_959);
    expect(anchors.frameAt(960.5)).toBe(96_000.5);
  });

  it("keep what is older when one position is named again and again, as by a full buffer", () => {
    const anchors = new Anchors();
    anchors.add({ position: 0, frame: 0 });
    for (let i = 1; i <= 100; ++i) {
      anchors.add({ position: 960, frame: i * 960 });
    }
    expect(anchors.frameAt(10)).toBe(10);
    expect(anchors.frameAt(960)).toBe(96_000);
  });
});
