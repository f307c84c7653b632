// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ServerMessage } from "../protocol/generated/messages";
import type { LinkState } from "./connection";
import { StreamConnection } from "./connection";
import { FakeSocket } from "./fake_socket";

let sockets: FakeSocket[];
let links: LinkState[];
let messages: ServerMessage[];
let nonsense: string[];
let refusals: number[];
let connection: StreamConnection;

const latest = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) {
    throw new Error("nothing was opened");
  }
  return socket;
};

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  links = [];
  messages = [];
  nonsense = [];
  refusals = [];
  connection = new StreamConnection(
    {
      address: () => `ws://station/${sockets.length}`,
      chunk: () => undefined,
      message: (message) => messages.push(message),
      link: (state) => links.push(state),
      nonsense: (what) => nonsense.push(what),
      refused: (code) => refusals.push(code),
    },
    {
      open: (address) => {
        const socket = new FakeSocket(address);
        sockets.push(socket);
        return socket;
      },
      now: () => Date.now(),
      random: () => 0.5,
    },
  );
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

describe("StreamConnection", () => {
  it("says connecting, then open, and pings", () => {
    connection.open();
    latest().opens();
    expect(links.map((l) => l.state)).toEqual(["connecting", "open"]);
    expect(latest().sent[0]).toContain('"ping"');
  });

  it("tries again after 1, 2, 4 … s, asking for the address each time", () => {
    connection.open();
    for (const wait of [1000, 2000, 4000, 8000]) {
      const before = sockets.length;
      latest().breaks();
      vi.advanceTimersByTime(wait - 1);
      expect(sockets.length).toBe(before);
      vi.advanceTimersByTime(1);
      expect(sockets.length).toBe(before + 1);
    }
    expect(latest().address).toBe("ws://station/4");
  });

  it("starts the back-off over once a connection has held", () => {
    connection.open();
    latest().breaks();
    vi.advanceTimersByTime(1000);
    latest().opens();
    for (let i = 0; i < 3; ++i) {
      latest().says('{"type":"pong","t":1,"at":2}');
      vi.advanceTimersByTime(2000);
    }
    const before = sockets.length;
    latest().breaks();
    vi.advanceTimersByTime(1000);
    expect(sockets.length).toBe(before + 1);
  });

  it("does not wait when told that the network is back", () => {
    connection.open();
    latest().breaks();
    connection.retryNow();
    expect(sockets.length).toBe(2);
    vi.advanceTimersByTime(60_000);
    expect(sockets.length).toBe(2);
  });

  it("does not disturb a connection that stands", () => {
    connection.open();
    latest().opens();
    connection.retryNow();
    expect(sockets.length).toBe(1);
  });

  it("gives up on a peer that fell silent", () => {
    connection.open();
    latest().opens();
    vi.advanceTimersByTime(10_000);
    expect(sockets[0]?.closed).toBe(1000);
    expect(links.some((l) => l.state === "waiting")).toBe(true);
  });

  it("hands on what the protocol knows and reports the rest without breaking off", () => {
    connection.open();
    latest().opens();
    latest().says('{"type":"pong","t":1,"at":2}');
    latest().says("{");
    latest().says('{"type":"weather"}');
    latest().says(new ArrayBuffer(5));
    expect(messages).toEqual([{ type: "pong", t: 1, at: 2 }]);
    expect(nonsense.length).toBe(3);
    expect(links.at(-1)?.state).toBe("open");
  });

  it("passes on why the server refused", () => {
    connection.open();
    latest().breaks(4004);
    expect(refusals).toEqual([4004]);
    expect(links.at(-1)).toMatchObject({ state: "waiting", reason: "no such station" });
  });

  it("sends nothing, and says so, while there is no connection", () => {
    connection.open();
    expect(connection.send({ type: "control", bpm: 70 })).toBe(false);
    latest().opens();
    expect(connection.send({ type: "control", bpm: 70 })).toBe(true);
  });

  it("is quiet once closed", () => {
    connection.open();
    latest().opens();
    connection.close();
    vi.advanceTimersByTime(100_000);
    expect(sockets.length).toBe(1);
    expect(links.at(-1)?.state).toBe("closed");
  });
});
