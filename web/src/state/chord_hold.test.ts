// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { ChordHold } from "./chord_hold";

describe("ChordHold", () => {
  it("asks for as long as the protocol allows, and again at half of that", () => {
    const hold = new ChordHold();
    expect(hold.hold("Am", 0)).toEqual({ chord: "Am", beats: 64 });
    expect(hold.renewal(31_999, 60)).toBeNull();
    expect(hold.renewal(32_000, 60)).toEqual({ chord: "Am", beats: 64 });
    expect(hold.renewal(33_000, 60)).toBeNull();
  });

  it("lets go by asking for the same chord for an instant", () => {
    const hold = new ChordHold();
    hold.hold("Am", 0);
    expect(hold.release()).toEqual({ chord: "Am", beats: 1 / 64 });
    expect(hold.chord).toBeNull();
    expect(hold.release()).toBeNull();
    expect(hold.renewal(1e6, 60)).toBeNull();
  });

  it("waits for its grid: other chords on the way there do not end it", () => {
    const hold = new ChordHold();
    hold.hold("Am", 0);
    expect(hold.played("C")).toBe(false);
    expect(hold.played("Am")).toBe(false);
    expect(hold.chord).toBe("Am");
  });

  it("is lost when another chord follows it", () => {
    const hold = new ChordHold();
    hold.hold("Am", 0);
    hold.played("Am");
    expect(hold.played("F")).toBe(true);
    expect(hold.chord).toBeNull();
    expect(hold.played("G")).toBe(false);
  });

  it("is forgotten with its stream", () => {
    const hold = new ChordHold();
    hold.hold("Am", 0);
    hold.forget();
    expect(hold.release()).toBeNull();
  });
});
