// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Scope } from "../scope";
import type { LiveSocket } from "./live";
import { LiveLink, liveAddress } from "./live";

class FakeLiveSocket extends EventTarget implements LiveSocket {
  binaryType: BinaryType = "blob";
  readyState = 0;
  bufferedAmount = 0;
  closed = false;
  readonly sent: (string | ArrayBuffer)[] = [];

  send(data: string | ArrayBuffer): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  says(message: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  ends(code: number, reason = ""): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

const kPage = new URL("https://radio.example/#/live");
const kListening = { type: "listening", source: "microphone", sample_rate: 48_000, at: 0, networks: [] };

describe("a live link", () => {
  const sockets: FakeLiveSocket[] = [];
  const said: string[] = [];
  let scope: Scope;
  const link = (sound: { station: string } | { sampleRate: number }): LiveLink => new LiveLink(kPage, sound, {
    message: ({ type }) => { said.push(type); },
    waiting: (wait) => { said.push(`waiting ${wait}`); },
    refused: (why) => { said.push(`refused: ${why}`); },
  }, scope, {
    open: () => {
      const socket = new FakeLiveSocket();
      sockets.push(socket);
      return socket;
    },
    random: () => 0.5,
  });

  beforeEach(() => {
    vi.useFakeTimers();
    scope = new Scope();
    sockets.length = 0;
    said.length = 0;
  });
  afterEach(() => {
    scope.close();
    vi.useRealTimers();
  });

  it("asks for a station by its address", () => {
    expect(liveAddress(kPage, { station: "main" })).toBe("wss://radio.example/ws/listen?station=main");
    expect(liveAddress(new URL("http://localhost:8080/"), { sampleRate: 48_000 })).toBe("ws://localhost:8080/ws/listen");
  });

  it("says what a microphone sends before it sends it", () => {
    const sending = link({ sampleRate: 44_100 });
    sending.send(new Int16Array([1]));
    sockets[0]?.opens();
    sending.send(new Int16Array([1, 2]));
    expect(sockets[0]?.sent[0]).toBe('{"type":"microphone","sample_rate":44100}');
    expect(new Int16Array(sockets[0]?.sent[1] as ArrayBuffer)).toEqual(new Int16Array([1, 2]));
    expect(sockets[0]?.sent).toHaveLength(2);
  });

  it("sends nothing to a station", () => {
    const watching = link({ station: "main" });
    sockets[0]?.opens();
    watching.send(new Int16Array([1]));
    expect(sockets[0]?.sent).toEqual([]);
  });

  it("begins anew where sound cannot leave", () => {
    const sending = link({ sampleRate: 48_000 });
    sockets[0]?.opens();
    Object.assign(sockets[0] ?? {}, { bufferedAmount: 1_000_000 });
    sending.send(new Int16Array([1]));
    expect(sockets[0]?.closed).toBe(true);
  });

  it("passes on what is understood and comes back after a break", () => {
    link({ sampleRate: 48_000 });
    sockets[0]?.opens();
    sockets[0]?.says(kListening);
    sockets[0]?.says({ type: "gossip" });
    sockets[0]?.ends(1006);
    expect(said).toEqual(["listening", "waiting 1000"]);
    vi.advanceTimersByTime(1000);
    sockets[1]?.opens();
    expect(sockets[1]?.sent).toEqual(['{"type":"microphone","sample_rate":48000}']);
  });

  it("stays away once it was refused, and says why", () => {
    link({ sampleRate: 48_000 });
    sockets[0]?.opens();
    sockets[0]?.says({ type: "error", code: "limit_exceeded", message: "sound comes faster than it sounds" });
    sockets[0]?.ends(1008, "sound comes");
    expect(said).toEqual(["error", "refused: sound comes faster than it sounds"]);
    vi.advanceTimersByTime(100_000);
    expect(sockets).toHaveLength(1);
  });

  it("is silent once its scope has closed", () => {
    link({ station: "main" });
    scope.close();
    expect(sockets[0]?.closed).toBe(true);
    sockets[0]?.ends(1006);
    expect(said).toEqual([]);
  });
});
