// SPDX-License-Identifier: Apache-2.0
import type { EpochMs, Frames, Hertz } from "../units";

/** One binary audio message; protocol/README.md holds the layout. */
export interface AudioChunk {
  readonly codec: "opus" | "pcm16";
  readonly channels: number;
  /** From 0 at the station's first chunk of this codec. */
  readonly seq: number;
  /** Stream frame of the first sample. */
  readonly at: Frames;
  readonly frames: Frames;
  readonly sampleRate: Hertz;
  /** When it was generated, by the server's clock. */
  readonly generated: EpochMs;
  /** A view into the message: one Opus packet, or interleaved samples. */
  readonly payload: Uint8Array;
}

export const kChunkHeaderBytes = 32;
const kMagic = 0xa7;
const kVersion = 1;
/** No server sends more in one chunk; a larger claim is an error, not a reason to allocate. */
const kMaxFrames = 48_000;

/** A 64-bit count that fits a double exactly, else null. */
function readU64(view: DataView, offset: number): number | null {
  const value = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
  return Number.isSafeInteger(value) ? value : null;
}

/** Reads one chunk; null for anything that is not exactly one. */
export function parseChunk(message: ArrayBuffer): AudioChunk | null {
  if (message.byteLength <= kChunkHeaderBytes) {
    return null;
  }
  const view = new DataView(message);
  const codec = view.getUint8(2);
  const channels = view.getUint8(3);
  const at = readU64(view, 8);
  const frames = view.getUint32(16, true);
  const sampleRate = view.getUint32(20, true);
  const generatedUs = readU64(view, 24);
  const payload = new Uint8Array(message, kChunkHeaderBytes);
  const sound =
    view.getUint8(0) === kMagic &&
    view.getUint8(1) === kVersion &&
    (codec === 1 || codec === 2) &&
    (channels === 1 || channels === 2) &&
    frames > 0 &&
    frames <= kMaxFrames &&
    (sampleRate === 44_100 || sampleRate === 48_000);
  if (!sound || at === null || generatedUs === null) {
    return null;
  }
  if (codec === 2 && payload.byteLength !== frames * channels * 2) {
    return null;
  }
  return {
    codec: codec === 1 ? "opus" : "pcm16",
    channels,
    seq: view.getUint32(4, true),
    at,
    frames,
    sampleRate,
    generated: generatedUs / 1000,
    payload,
  };
}
