// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { kChunkHeaderBytes } from "../protocol/chunk";
import type { HelloMessage, ServerMessage } from "../protocol/generated/messages";
import { FakeSocket } from "../transport/fake_socket";
import { PlayerClock, kClockBytes } from "./player_clock";
import { Receiver } from "./receiver";
import type { ArrivalReport, Outlet, ReceiverEvent, StreamEvent, StreamWish } from "./receiver_protocol";
import { FrameRing, allocateRing } from "./ring";
import type { PlayerCommand } from "./worklet_protocol";

const kWish: StreamWish = {
  page: "http://127.0.0.1:8080/", station: "main", preset: "focus", resume: null, codec: "pcm16", decoder: "any",
};

class FakePort {
  readonly sent: PlayerCommand[] = [];
  closed = false;
  onmessage: unknown = null;

  postMessage(message: PlayerCommand): void {
    this.sent.push(message);
  }

  close(): void {
    this.closed = true;
  }
}

interface FakePlayer {
  readonly ring: FrameRing;
  readonly clock: PlayerClock;
  readonly port: FakePort;
  readonly outlet: Outlet;
}

function fakePlayer(rate = 48_000, shared = true): FakePlayer {
  const ring = allocateRing(2 ** 15, true);
  const clock = new SharedArrayBuffer(kClockBytes);
  const port = new FakePort();
  return {
    ring: new FrameRing(ring), clock: new PlayerClock(clock), port,
    outlet: { rate, memory: shared ? { ring, clock } : null, port: port as unknown as MessagePort },
  };
}

function hello(change: Partial<HelloMessage> = {}): HelloMessage {
  const mix = { level: 1, muted: false };
  return {
    type: "hello", protocol: 1, station: "main", name: "Main", private: false, codec: "pcm16", sample_rate: 48_000, channels: 2,
    chunk_ms: 20, at: 0, seed: 7, transport: "play", preset: "focus",
    parameters: {
      key: "C", mode: "ionian", bpm: 60, intensity: 0.5, density: 0.5, brightness: 0.5, humanise: 0.5,
      layers: { piano: mix, pad: mix, bass: mix, bells: mix, percussion: mix },
    },
    ...change,
  };
}

/** A PCM chunk of 20 ms whose left channel holds its own number throughout. */
function pcm(seq: number, rate = 48_000, at = seq * 960): ArrayBuffer {
  const bytes = new ArrayBuffer(kChunkHeaderBytes + 960 * 4);
  const view = new DataView(bytes);
  view.setUint8(0, 0xa7);
  view.setUint8(1, 1);
  view.setUint8(2, 2);
  view.setUint8(3, 2);
  view.setUint32(4, seq, true);
  view.setBigUint64(8, BigInt(at), true);
  view.setUint32(16, 960, true);
  view.setUint32(20, rate, true);
  view.setBigUint64(24, 5000n, true);
  for (let i = 0; i < 960; ++i) {
    view.setInt16(kChunkHeaderBytes + i * 4, (seq + 1) * 256, true);
  }
  return bytes;
}

let sockets: FakeSocket[];
let told: ReceiverEvent[];
let receiver: Receiver;

const stream = (): StreamEvent[] => told.flatMap((event) => (event.type === "stream" ? [event.event] : []));
const messages = (): ServerMessage[] => stream().flatMap((event) => (event.type === "message" ? [event.message] : []));
const lastReport = (): ArrivalReport | undefined => stream().flatMap((event) => (event.type === "report" ? [event.report] : [])).at(-1);
const socket = (): FakeSocket => {
  const last = sockets.at(-1);
  if (last === undefined) {
    throw new Error("nothing was opened");
  }
  return last;
};
const says = (message: ServerMessage): void => { socket().says(JSON.stringify(message)); };

async function tuneIn(wish: Partial<StreamWish> = {}, greeting: Partial<HelloMessage> = {}): Promise<void> {
  receiver.take({ type: "open", run: 1, wish: { ...kWish, ...wish } });
  await vi.advanceTimersByTimeAsync(0);
  socket().opens();
  says(hello(greeting));
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  told = [];
  receiver = new Receiver(
    {
      open: (address) => {
        const made = new FakeSocket(address);
        sockets.push(made);
        return made;
      },
      now: () => Date.now(),
      random: () => 0.5,
    },
    (event) => told.push(event),
  );
});

afterEach(() => {
  receiver.close();
  vi.useRealTimers();
});

describe("Receiver", () => {
  it("brings sound from the socket into the player's memory, and asks nobody on the way", async () => {
    await tuneIn();
    const { ring, outlet, port } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    [0, 1, 2].forEach((seq) => { socket().says(pcm(seq)); });
    expect(ring.available()).toBe(2880);
    expect(ring.peek(1000, 0)).toBeCloseTo(512 / 32_768);
    expect(stream()).toContainEqual({ type: "anchor", anchor: { position: 0, frame: 0 } });
    expect(port.sent.some((command) => command.type === "samples")).toBe(false);
  });

  it("keeps what comes before the page has made a player", async () => {
    await tuneIn();
    [0, 1].forEach((seq) => { socket().says(pcm(seq)); });
    const { ring, outlet } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    expect(ring.available()).toBe(1920);
  });

  it("sends samples straight to the audio thread where memory cannot be shared", async () => {
    await tuneIn();
    const { outlet, port } = fakePlayer(48_000, false);
    receiver.take({ type: "outlet", outlet });
    socket().says(pcm(0));
    expect(port.sent.find((command) => command.type === "samples")?.left.length).toBe(960);
  });

  it("goes on after a reconnect where the buffer ends, and says so", async () => {
    await tuneIn();
    const { ring, outlet } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    [0, 1, 2].forEach((seq) => { socket().says(pcm(seq)); });
    socket().breaks();
    vi.advanceTimersByTime(1000);
    socket().opens();
    says(hello({ at: 960 }));
    expect(stream().filter((event) => event.type === "message").at(-1)).toMatchObject({ continues: true });
    [1, 2, 3].forEach((seq) => { socket().says(pcm(seq)); });
    expect(ring.available()).toBe(3840);
    expect(ring.peek(2880, 0)).toBeCloseTo(1024 / 32_768);
  });

  it("begins anew where the server forgot the stream", async () => {
    await tuneIn();
    const { outlet, port } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    [100, 101].forEach((seq) => { socket().says(pcm(seq)); });
    socket().breaks();
    vi.advanceTimersByTime(1000);
    socket().opens();
    says(hello({ seed: 8 }));
    socket().says(pcm(0));
    expect(stream().filter((event) => event.type === "message").at(-1)).toMatchObject({ continues: false });
    expect(port.sent).toContainEqual({ type: "drop", position: 1920 });
    receiver.take({ type: "received", ask: 1, from: 0, to: Infinity });
    expect(told.at(-1)).toMatchObject({ until: 960, chunks: [{ at: 0 }] });
    expect(stream()).toContainEqual({ type: "anchor", anchor: { position: 1920, frame: 0 } });
  });

  it("asks for its private station again, and for a new one once it is gone", async () => {
    await tuneIn({ station: "private" }, { private: true, station: "p-1" });
    socket().breaks();
    vi.advanceTimersByTime(1000);
    expect(socket().address).toContain("resume=p-1");
    socket().breaks(4004);
    vi.advanceTimersByTime(2000);
    expect(socket().address).not.toContain("resume");
    expect(stream()).toContainEqual({ type: "refused", code: 4004 });
  });

  it("waits for another player when the rate of the stream changes", async () => {
    await tuneIn();
    const first = fakePlayer();
    receiver.take({ type: "outlet", outlet: first.outlet });
    socket().says(pcm(0));
    socket().breaks();
    vi.advanceTimersByTime(1000);
    socket().opens();
    says(hello({ sample_rate: 44_100 }));
    expect(first.port.closed).toBe(true);
    socket().says(pcm(1, 44_100));
    const second = fakePlayer(44_100);
    receiver.take({ type: "outlet", outlet: second.outlet });
    expect(first.ring.available()).toBe(960);
    expect(second.ring.available()).toBe(960);
  });

  it("deepens the buffer when the player ran dry", async () => {
    await tuneIn();
    const { clock, outlet, port } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    for (let i = 0; i < 3; ++i) {
      vi.advanceTimersByTime(2000);
      says({ type: "pong", t: 0, at: 0 });
    }
    clock.publish(0, 0, 0, 0, 1, 0, false, 0);
    vi.advanceTimersByTime(250);
    expect(port.sent.at(-1)).toEqual({ type: "target", frames: 24_000 });
    expect(lastReport()?.targetMs).toBe(500);
  });

  it("reports each decoded chunk once", async () => {
    await tuneIn();
    socket().says(pcm(0));
    vi.advanceTimersByTime(250);
    expect(lastReport()?.chunks.map(({ at }) => at)).toEqual([0]);
    vi.advanceTimersByTime(250);
    expect(lastReport()?.chunks).toEqual([]);
  });

  it("takes chunks that come as text, and keeps them to itself", async () => {
    await tuneIn({ codec: "json" });
    const { ring, outlet } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    const audio = {
      type: "audio", seq: 0, at: 0, timestamp: 5000, duration_ms: 20, sample_rate: 48_000, channels: 2, data: btoa("\0".repeat(16)),
    } as const;
    says(audio);
    says({ ...audio, seq: 1, at: 4, data: "AAA=" });
    expect(ring.available()).toBe(4);
    expect(messages().map(({ type }) => type)).toEqual(["hello"]);
    vi.advanceTimersByTime(250);
    expect(lastReport()?.undecodable).toBe(1);
  });

  it("does not call silence by request an underrun, nor what follows a stop", async () => {
    await tuneIn({}, { transport: "pause" });
    const { outlet, port } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    expect(port.sent.at(-1)).toEqual({ type: "expect-sound", expected: false });
    says({ type: "state", at: 0, transport: "play", preset: "focus", parameters: hello().parameters, listeners: 1 });
    expect(port.sent.at(-1)).toEqual({ type: "expect-sound", expected: true });
    receiver.take({ type: "close" });
    expect(port.sent.at(-1)).toEqual({ type: "expect-sound", expected: false });
  });

  it("leaves behind what was not heard when it is told to", async () => {
    await tuneIn();
    const { outlet, port } = fakePlayer();
    receiver.take({ type: "outlet", outlet });
    socket().says(pcm(0));
    receiver.take({ type: "leave" });
    expect(socket().closed).toBe(1000);
    expect(port.sent.at(-1)).toEqual({ type: "drop", position: 960 });
  });

  it("opens nothing for a listener who has gone before the decoder was ready", async () => {
    receiver.take({ type: "open", run: 1, wish: kWish });
    receiver.take({ type: "close" });
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toEqual([]);
  });

  it("hands out received sound when asked", async () => {
    await tuneIn();
    [0, 1, 2, 3].forEach((seq) => { socket().says(pcm(seq)); });
    receiver.take({ type: "received", ask: 5, from: 960, to: 2000 });
    const answer = told.at(-1);
    expect(answer).toMatchObject({ type: "received", ask: 5, until: 3840 });
    expect(answer?.type === "received" ? answer.chunks.map(({ at }) => at) : []).toEqual([960, 1920]);
  });
});
