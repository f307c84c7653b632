// SPDX-License-Identifier: Apache-2.0
import type { AudioMessage } from "../protocol/generated/messages";
import type { ArrivedChunk } from "../transport/connection";
import type { Milliseconds } from "../units";

/** A chunk that came as text. Null where the samples are no base64, or no whole frames. */
export function chunkOf(message: AudioMessage, arrived: Milliseconds): ArrivedChunk | null {
  let payload: Uint8Array;
  try {
    payload = Uint8Array.from(atob(message.data), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
  if (payload.byteLength === 0 || payload.byteLength % (2 * message.channels) !== 0) {
    return null;
  }
  return {
    codec: "pcm16",
    channels: message.channels,
    seq: message.seq,
    at: message.at,
    frames: payload.byteLength / (2 * message.channels),
    sampleRate: message.sample_rate,
    generated: message.timestamp,
    payload,
    arrived,
  };
}
