// SPDX-License-Identifier: Apache-2.0
import type { ArrivedChunk } from "../transport/connection";

export type DecoderName = "WebCodecs" | "WASM" | "PCM";

/** Planar stereo of one chunk; the arrays belong to the receiver. */
export type Decoded = (chunk: ArrivedChunk, left: Float32Array, right: Float32Array) => void;
/** A chunk that could not be decoded; the stream goes on with a gap. */
export type Undecodable = (reason: string) => void;

export interface ChunkDecoder {
  readonly name: DecoderName;
  decode(chunk: ArrivedChunk): void;
  close(): void;
}

/** Interleaved little-endian 16-bit samples. */
export class PcmDecoder implements ChunkDecoder {
  readonly name = "PCM";

  constructor(private readonly decoded: Decoded) {}

  decode(chunk: ArrivedChunk): void {
    const { frames, channels, payload } = chunk;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const left = new Float32Array(frames);
    const right = channels === 2 ? new Float32Array(frames) : left;
    for (let i = 0; i < frames; ++i) {
      left[i] = view.getInt16(i * channels * 2, true) / 32_768;
      if (channels === 2) {
        right[i] = view.getInt16(i * 4 + 2, true) / 32_768;
      }
    }
    this.decoded(chunk, left, right);
  }

  close(): void {
    // Holds nothing.
  }
}

const kOpusRate = 48_000;

function webCodecsConfig(channels: number): AudioDecoderConfig {
  return { codec: "opus", sampleRate: kOpusRate, numberOfChannels: channels };
}

/** Opus by the browser's own decoder. */
export class WebCodecsOpusDecoder implements ChunkDecoder {
  readonly name = "WebCodecs";
  private decoder: AudioDecoder | null = null;
  private pending: ArrivedChunk[] = [];
  private failures = 0;

  constructor(private readonly decoded: Decoded, private readonly undecodable: Undecodable) {}

  static async isSupported(): Promise<boolean> {
    if (!("AudioDecoder" in globalThis)) {
      return false;
    }
    try {
      return (await AudioDecoder.isConfigSupported(webCodecsConfig(2))).supported === true;
    } catch {
      return false;
    }
  }

  decode(chunk: ArrivedChunk): void {
    this.decoder ??= this.open(chunk.channels);
    this.pending.push(chunk);
    this.decoder.decode(new EncodedAudioChunk({
      type: "key",
      timestamp: Math.round((chunk.at / kOpusRate) * 1e6),
      data: chunk.payload,
    }));
  }

  close(): void {
    if (this.decoder !== null && this.decoder.state !== "closed") {
      this.decoder.close();
    }
    this.decoder = null;
    this.pending = [];
  }

  private open(channels: number): AudioDecoder {
    const decoder: AudioDecoder = new AudioDecoder({
      output: (data) => {
        this.take(data);
      },
      // A decoder that failed is closed by then; the next chunk opens another.
      error: (error) => {
        this.decoder = null;
        this.pending = [];
        this.failures += 1;
        this.undecodable(error.message);
      },
    });
    decoder.configure(webCodecsConfig(channels));
    return decoder;
  }

  private take(data: AudioData): void {
    // One packet in, one AudioData out, in order.
    const chunk = this.pending.shift();
    const frames = data.numberOfFrames;
    if (chunk?.frames !== frames) {
      data.close();
      this.undecodable(`decoded ${frames} frames where ${chunk?.frames ?? "none"} were due`);
      return;
    }
    const left = new Float32Array(frames);
    data.copyTo(left, { planeIndex: 0, format: "f32-planar" });
    let right = left;
    if (data.numberOfChannels > 1) {
      right = new Float32Array(frames);
      data.copyTo(right, { planeIndex: 1, format: "f32-planar" });
    }
    data.close();
    this.decoded(chunk, left, right);
  }
}

/** "\0asm", version 1. */
const kEmptyModule = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/** Opus by libopus in WebAssembly, where the browser has no decoder of its own. */
export class WasmOpusDecoder implements ChunkDecoder {
  readonly name = "WASM";

  private constructor(
    private readonly decoder: { decodeFrame(packet: Uint8Array): { channelData: Float32Array[]; samplesDecoded: number }; free(): void },
    private readonly decoded: Decoded,
    private readonly undecodable: Undecodable,
  ) {}

  /** Rejects where WebAssembly is missing or forbidden. */
  static async create(decoded: Decoded, undecodable: Undecodable): Promise<WasmOpusDecoder> {
    // opus-decoder never settles where WebAssembly fails; the empty module fails in its stead.
    await WebAssembly.compile(kEmptyModule);
    const { OpusDecoder } = await import("opus-decoder");
    const decoder = new OpusDecoder({ channels: 2, sampleRate: kOpusRate });
    await decoder.ready;
    return new WasmOpusDecoder(decoder, decoded, undecodable);
  }

  decode(chunk: ArrivedChunk): void {
    const { channelData, samplesDecoded } = this.decoder.decodeFrame(chunk.payload);
    const [first, second] = channelData;
    if (first === undefined || samplesDecoded !== chunk.frames) {
      this.undecodable(`decoded ${samplesDecoded} frames where ${chunk.frames} were due`);
      return;
    }
    const left = first.slice(0, samplesDecoded);
    this.decoded(chunk, left, second === undefined ? left : second.slice(0, samplesDecoded));
  }

  close(): void {
    this.decoder.free();
  }
}

/** Which decoder an Opus stream gets here: the browser's, else WASM's, else null, and PCM is asked for instead. */
export async function createOpusDecoder(
  decoded: Decoded,
  undecodable: Undecodable,
  prefer: "any" | "wasm" = "any",
): Promise<ChunkDecoder | null> {
  if (prefer === "any" && (await WebCodecsOpusDecoder.isSupported())) {
    return new WebCodecsOpusDecoder(decoded, undecodable);
  }
  try {
    return await WasmOpusDecoder.create(decoded, undecodable);
  } catch {
    // No WebAssembly, or a policy against it: the caller asks for PCM.
    return null;
  }
}
