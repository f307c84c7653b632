// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";

import type { ArrivedChunk } from "../transport/connection";
import { PcmDecoder, WasmOpusDecoder, WebCodecsOpusDecoder, createOpusDecoder } from "./decoder";

/** 20 ms of stereo silence, full band: RFC 6716, table of contents 31, one frame. */
const kSilence = new Uint8Array([0xfc, 0xff, 0xfe]);

function chunk(change: Partial<ArrivedChunk>): ArrivedChunk {
  return {
    codec: "opus", channels: 2, seq: 0, at: 0, frames: 960, sampleRate: 48_000, generated: 0, payload: kSilence, arrived: 0, ...change,
  };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("PcmDecoder", () => {
  it("takes interleaved samples apart", () => {
    const samples = new DataView(new ArrayBuffer(8));
    [16_384, -32_768, 0, 32_767].forEach((value, i) => { samples.setInt16(i * 2, value, true); });
    const seen: number[][] = [];
    new PcmDecoder((_, left, right) => seen.push([...left], [...right]))
      .decode(chunk({ codec: "pcm16", frames: 2, payload: new Uint8Array(samples.buffer) }));
    expect(seen).toEqual([[0.5, 0], [-1, expect.closeTo(1, 4)]]);
  });

  it("plays one channel on both sides", () => {
    const seen: Float32Array[] = [];
    new PcmDecoder((_, left, right) => seen.push(left, right))
      .decode(chunk({ codec: "pcm16", channels: 1, frames: 1, payload: new Uint8Array([0, 64]) }));
    expect(seen.map((channel) => channel[0])).toEqual([0.5, 0.5]);
  });
});

describe("WasmOpusDecoder", () => {
  it("decodes a packet to its frames", async () => {
    const seen: number[] = [];
    const decoder = await WasmOpusDecoder.create((_, left, right) => seen.push(left.length, right.length, Math.max(...left)), () => seen.push(-1));
    decoder.decode(chunk({}));
    decoder.close();
    expect(seen).toEqual([960, 960, expect.closeTo(0, 6)]);
  });

  it("reports a packet that is not what its header says, and goes on", async () => {
    const reasons: string[] = [];
    let decoded = 0;
    const decoder = await WasmOpusDecoder.create(() => { decoded += 1; }, (reason) => reasons.push(reason));
    decoder.decode(chunk({ frames: 480 }));
    decoder.decode(chunk({}));
    decoder.close();
    expect(reasons.length).toBe(1);
    expect(decoded).toBe(1);
  });
});

describe("createOpusDecoder", () => {
  it("falls back to WASM where the browser has no WebCodecs", async () => {
    expect(await WebCodecsOpusDecoder.isSupported()).toBe(false);
    const decoder = await createOpusDecoder(() => undefined, () => undefined);
    expect(decoder?.name).toBe("WASM");
    decoder?.close();
  });

  it("gives up, so that PCM is asked for, where there is no WebAssembly either", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    expect(await createOpusDecoder(() => undefined, () => undefined)).toBeNull();
  });
});
