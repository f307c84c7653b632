// SPDX-License-Identifier: Apache-2.0
import type { Codec } from "../protocol/generated/messages";

export interface StreamRequest {
  /** A station's id, or `private`. */
  readonly station: string;
  readonly codec: Codec;
  /** Where a private station starts. */
  readonly preset?: string;
  /** A private station of ours to pick up again. */
  readonly resume?: string;
}

/** @param page the page's own address: the server that sent it also plays */
export function streamAddress(page: URL, request: StreamRequest): string {
  const address = new URL("/ws/stream", page);
  address.protocol = page.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("station", request.station);
  address.searchParams.set("codec", request.codec);
  if (request.preset !== undefined) {
    address.searchParams.set("preset", request.preset);
  }
  if (request.resume !== undefined) {
    address.searchParams.set("resume", request.resume);
  }
  return address.href;
}
