// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { kChunkHeaderBytes, parseChunk } from "./chunk";

function message(change: (view: DataView) => void = () => undefined, payloadBytes = 16): ArrayBuffer {
  const buffer = new ArrayBuffer(kChunkHeaderBytes + payloadBytes);
  const view = new DataView(buffer);
  view.setUint8(0, 0xa7);
  view.setUint8(1, 1);
  view.setUint8(2, 2);
  view.setUint8(3, 2);
  view.setUint32(4, 41, true);
  view.setBigUint64(8, 10_000_000_000n, true);
  view.setUint32(16, 4, true);
  view.setUint32(20, 48_000, true);
  view.setBigUint64(24, 1_700_000_000_123_456n, true);
  change(view);
  return buffer;
}

describe("parseChunk", () => {
  it("reads every field of the header, 64-bit ones beyond 32 bits included", () => {
    const chunk = parseChunk(message());
    expect(chunk).toMatchObject({
      codec: "pcm16", channels: 2, seq: 41, at: 10_000_000_000, frames: 4, sampleRate: 48_000, generated: 1_700_000_000_123.456,
    });
    expect(chunk?.payload.byteLength).toBe(16);
  });

  it("takes an Opus packet of any length", () => {
    expect(parseChunk(message((v) => { v.setUint8(2, 1); }, 3))?.codec).toBe("opus");
  });

  it.each<[string, (view: DataView) => void]>([
    ["another magic", (v) => { v.setUint8(0, 0xa8); }],
    ["another version", (v) => { v.setUint8(1, 2); }],
    ["an unknown codec", (v) => { v.setUint8(2, 3); }],
    ["no channels", (v) => { v.setUint8(3, 0); }],
    ["no frames", (v) => { v.setUint32(16, 0, true); }],
    ["more frames than a second", (v) => { v.setUint32(16, 48_001, true); }],
    ["an odd rate", (v) => { v.setUint32(20, 22_050, true); }],
    ["a position no double can hold", (v) => { v.setBigUint64(8, 2n ** 60n, true); }],
    ["a PCM payload of another length than its frames", (v) => { v.setUint32(16, 5, true); }],
  ])("refuses %s", (_, change) => {
    expect(parseChunk(message(change))).toBeNull();
  });

  it("refuses a message cut short", () => {
    for (let bytes = 0; bytes <= kChunkHeaderBytes; ++bytes) {
      expect(parseChunk(message().slice(0, bytes))).toBeNull();
    }
  });
});
