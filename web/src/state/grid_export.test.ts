// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { AnalysisDocument, BeatResult } from "../protocol/generated/messages";
import { parseAnalysisDocument } from "../protocol/generated/messages";
import { exported } from "./grid_export";

const kDocument: AnalysisDocument = {
  analysis: 1, engine: "0.1.0",
  source: { name: "Blue. Train.flac", sha256: "", length: 3, sample_rate: 44_100, channels: 2, truncated: false },
};
const kBeats: BeatResult = {
  beats_per_bar: 4, metre_confidence: 0.5,
  grid: [{ at: 0.5, position: 4, confidence: 1, downbeat_confidence: 1 }, { at: 1.0000004, position: 1, confidence: 1, downbeat_confidence: 1 }],
};

describe("an edited grid as a file", () => {
  it("is time, tab, position for those who judge beats", () => {
    expect(exported("beats", kDocument, kBeats)).toEqual({ name: "Blue. Train.beats", type: "text/plain", text: "0.500000\t4\n1.000000\t1\n" });
  });

  it("is a label track for Audacity", () => {
    expect(exported("audacity", kDocument, kBeats)).toMatchObject({ name: "Blue. Train.beats.txt", text: "0.500000\t0.500000\t4\n1.000000\t1.000000\t1\n" });
  });

  it("is the whole document with the new beats, which reads as a document again", () => {
    const file = exported("json", kDocument, kBeats);
    const read = parseAnalysisDocument(JSON.parse(file.text));
    expect(read).toEqual({ ok: true, value: { ...kDocument, beats: kBeats } });
    expect(file.name).toBe("Blue. Train.json");
  });

  it("has a name even where the recording has none", () => {
    const nameless = { ...kDocument, source: { ...kDocument.source, name: "" } };
    expect(exported("beats", nameless, kBeats).name).toBe("recording.beats");
  });
});
