// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { NoteEvent } from "../protocol/generated/messages";
import { Timeline } from "./timeline";

const note = (at: number, duration = 100): NoteEvent => ({ at, duration, layer: "piano", midi: 60, velocity: 60, name: "C4" });
const chord = (at: number, name: string): Parameters<Timeline["addChord"]>[0] => ({ type: "chord", at, chord: name, key: "C", mode: "ionian" });

describe("Timeline", () => {
  it("knows nothing at first", () => {
    const timeline = new Timeline();
    expect(timeline.chordAt(1000)).toBeNull();
    expect(timeline.beatAt(1000)).toBeNull();
    expect(timeline.notesBetween(0, 1e9)).toEqual([]);
  });

  it("tells the chord that sounds, not the one that was announced", () => {
    const timeline = new Timeline();
    timeline.addChord(chord(100, "C"));
    timeline.addChord(chord(200, "Am7"));
    expect(timeline.chordAt(99)).toBeNull();
    expect(timeline.chordAt(100)?.chord).toBe("C");
    expect(timeline.chordAt(199)?.chord).toBe("C");
    expect(timeline.chordAt(200)?.chord).toBe("Am7");
  });

  it("orders what comes out of order", () => {
    const timeline = new Timeline();
    timeline.addNotes([note(300), note(100), note(200)]);
    expect(timeline.notesBetween(100, 250).map((n) => n.at)).toEqual([100, 200]);
  });

  it("forgets what has ended but keeps what still sounds and the chord that holds", () => {
    const timeline = new Timeline();
    timeline.addNotes([note(0), note(50, 1000)]);
    timeline.addChord(chord(0, "C"));
    timeline.addChord(chord(10, "F"));
    timeline.forgetBefore(500);
    expect(timeline.notesBetween(0, 1000).map((n) => n.at)).toEqual([50]);
    expect(timeline.chordAt(500)?.chord).toBe("F");
  });
});
