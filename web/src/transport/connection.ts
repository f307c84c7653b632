// SPDX-License-Identifier: Apache-2.0
import type { AudioChunk } from "../protocol/chunk";
import { parseChunk } from "../protocol/chunk";
import type { ClientMessage, ServerMessage } from "../protocol/generated/messages";
import { parseServerMessage } from "../protocol/generated/messages";
import { Scope } from "../scope";
import type { Milliseconds } from "../units";
import { Backoff } from "./backoff";

/** A chunk and when it came in by performance.now(). */
export interface ArrivedChunk extends AudioChunk {
  readonly arrived: Milliseconds;
}

export type LinkState =
  | { readonly state: "closed" }
  | { readonly state: "connecting"; readonly attempt: number }
  | { readonly state: "open" }
  /** @property retryAt performance.now() of the next attempt */
  | { readonly state: "waiting"; readonly retryAt: Milliseconds; readonly reason: string };

/** What a connection needs of a WebSocket, so that a test can be one. */
export interface Socket extends EventTarget {
  binaryType: BinaryType;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
}

export interface ConnectionEvents {
  /** Asked afresh for each attempt, so that a private station can be resumed. */
  address(): string;
  chunk(chunk: ArrivedChunk): void;
  /** @param arrived performance.now() when the message came in */
  message(message: ServerMessage, arrived: Milliseconds): void;
  link(state: LinkState): void;
  /** Something that no version of the protocol says; the connection goes on. */
  nonsense(what: string): void;
  /** The server closed with a code of its own: 1008, 1013, 4004. */
  refused(code: number, reason: string): void;
}

export interface ConnectionWorld {
  open(address: string): Socket;
  now(): Milliseconds;
  random(): number;
}

const kPingEveryMs = 2000;
/** Pings go unanswered this long: the peer is gone, whatever TCP still believes. */
const kSilenceMs = 7000;
/** A connection that held this long starts the back-off over. */
const kHeldMs = 5000;
const kOpenState = 1;

const kCloseReasons: Readonly<Record<number, string>> = {
  1001: "the server went away",
  1008: "the server refused this page",
  1009: "a message was too big",
  1013: "too slow, or the server is full",
  4004: "no such station",
};

/**
 * One WebSocket to a station, opened again whenever it is lost: after 1, 2, 4 … 60 s ± 20 %, or at once when the
 * browser comes back online or the page back to the front.
 */
export class StreamConnection {
  private readonly scope = new Scope();
  private readonly backoff: Backoff;
  private attempt: Scope | null = null;
  private socket: Socket | null = null;
  private waiting: (() => void) | null = null;
  private attempts = 0;

  constructor(private readonly events: ConnectionEvents, private readonly world: ConnectionWorld) {
    this.backoff = new Backoff(() => world.random());
  }

  /** Connects, or starts over with a fresh address. */
  open(): void {
    this.drop();
    this.connect();
  }

  /** If an attempt is being waited for, makes it now. */
  retryNow(): void {
    if (this.waiting !== null) {
      this.backoff.reset();
      this.connect();
    }
  }

  /** @returns whether the message left */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== kOpenState) {
      return false;
    }
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    this.drop();
    this.scope.close();
    this.events.link({ state: "closed" });
  }

  private drop(): void {
    this.waiting?.();
    this.waiting = null;
    const socket = this.socket;
    this.socket = null;
    this.attempt?.close();
    this.attempt = null;
    socket?.close(1000);
  }

  private connect(): void {
    this.waiting?.();
    this.waiting = null;
    this.attempts += 1;
    this.events.link({ state: "connecting", attempt: this.attempts });
    const attempt = this.scope.child();
    this.attempt = attempt;
    let socket: Socket;
    try {
      socket = this.world.open(this.events.address());
    } catch (error) {
      this.lost(error instanceof Error ? error.message : "the address is no good");
      return;
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    let heard = this.world.now();
    attempt.listen(socket, "open", () => {
      heard = this.world.now();
      this.attempts = 0;
      this.events.link({ state: "open" });
      this.ping();
      attempt.every(kPingEveryMs, () => {
        if (this.world.now() - heard > kSilenceMs) {
          socket.close(1000);
          this.lost("the server fell silent");
        } else {
          this.ping();
        }
      });
      attempt.after(kHeldMs, () => { this.backoff.reset(); });
    });
    attempt.listen(socket, "message", (event: MessageEvent<unknown>) => {
      heard = this.world.now();
      this.receive(event.data, heard);
    });
    attempt.listen(socket, "close", (event: CloseEvent) => {
      if (event.code >= 1002 && event.code !== 1006) {
        this.events.refused(event.code, event.reason);
      }
      this.lost(event.reason || (kCloseReasons[event.code] ?? "no connection"));
    });
  }

  private ping(): void {
    this.send({ type: "ping", t: this.world.now() });
  }

  private receive(data: unknown, arrived: Milliseconds): void {
    if (data instanceof ArrayBuffer) {
      const chunk = parseChunk(data);
      if (chunk === null) {
        this.events.nonsense(`a binary message of ${data.byteLength} bytes that is no audio chunk`);
      } else {
        this.events.chunk({ ...chunk, arrived });
      }
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(String(data));
    } catch {
      this.events.nonsense("a text message that is no JSON");
      return;
    }
    const message = parseServerMessage(value);
    if (message.ok) {
      this.events.message(message.value, arrived);
    } else {
      this.events.nonsense(`${message.error.message} at ${message.error.where}`);
    }
  }

  private lost(reason: string): void {
    this.attempt?.close();
    this.attempt = null;
    this.socket = null;
    const wait = this.backoff.next();
    this.events.link({ state: "waiting", retryAt: this.world.now() + wait, reason });
    this.waiting = this.scope.after(wait, () => {
      this.waiting = null;
      this.connect();
    });
  }
}
