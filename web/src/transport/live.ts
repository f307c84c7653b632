// SPDX-License-Identifier: Apache-2.0
import type { LiveMessage, LiveRequest } from "../protocol/generated/messages";
import { parseLiveMessage } from "../protocol/generated/messages";
import type { Scope } from "../scope";
import type { Hertz, Milliseconds } from "../units";
import { Backoff } from "./backoff";

/** A station that the server listens to itself, or sound that the page sends it. */
export type LiveSound = { readonly station: string } | { readonly sampleRate: Hertz };

/** @param page the page's own address */
export function liveAddress(page: URL, sound: LiveSound): string {
  const address = new URL("/ws/listen", page);
  address.protocol = page.protocol === "https:" ? "wss:" : "ws:";
  if ("station" in sound) {
    address.searchParams.set("station", sound.station);
  }
  return address.href;
}

export interface LiveSocket extends EventTarget {
  binaryType: BinaryType;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string | ArrayBuffer): void;
  close(): void;
}

/** What the link needs of the world, so that a test can be it. */
export interface LiveWorld {
  open(address: string): LiveSocket;
  random(): number;
}

const kBrowser: LiveWorld = {
  open: (address) => new WebSocket(address),
  random: () => Math.random(),
};

export interface LiveEvents {
  message(message: LiveMessage): void;
  /** It broke, and is tried again after so long. */
  waiting(wait: Milliseconds): void;
  /** It was refused, for good. */
  refused(why: string): void;
}

const kOpen = 1;
/** Sound that has not left after so many seconds comes too late to be heard live. */
const kMostUnsent = 3;
/** Close codes after which trying again gives the same answer: policy, too big, no such station. */
const kFinal: readonly number[] = [1008, 1009, 4004];

/** What is heard of a sound, for as long as the scope lives. */
export class LiveLink {
  private readonly backoff: Backoff;
  private socket: LiveSocket | null = null;
  private complaint: string | null = null;

  constructor(
    private readonly page: URL,
    private readonly sound: LiveSound,
    private readonly events: LiveEvents,
    private readonly scope: Scope,
    private readonly world: LiveWorld = kBrowser,
  ) {
    this.backoff = new Backoff(() => world.random());
    this.connect();
  }

  /** One channel of 16-bit samples; lost while there is no connection. */
  send(samples: Int16Array<ArrayBuffer>): void {
    const { socket, sound } = this;
    if (socket?.readyState !== kOpen || "station" in sound) {
      return;
    }
    if (socket.bufferedAmount > kMostUnsent * 2 * sound.sampleRate) {
      // Begun anew, what is heard is at least of now.
      socket.close();
      return;
    }
    socket.send(samples.buffer);
  }

  private connect(): void {
    const attempt = this.scope.child();
    const socket = attempt.own(this.world.open(liveAddress(this.page, this.sound)));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.complaint = null;
    attempt.listen(socket, "open", () => {
      if ("sampleRate" in this.sound) {
        const request: LiveRequest = { type: "microphone", sample_rate: this.sound.sampleRate };
        socket.send(JSON.stringify(request));
      }
    });
    attempt.listen<MessageEvent<unknown>>(socket, "message", ({ data }) => {
      const message = parseLiveMessage(typeof data === "string" ? json(data) : null);
      if (!message.ok) {
        return;
      }
      if (message.value.type === "error") {
        this.complaint = message.value.message;
      } else {
        this.backoff.reset();
      }
      this.events.message(message.value);
    });
    attempt.listen<CloseEvent>(socket, "close", ({ code, reason }) => {
      attempt.close();
      this.socket = null;
      if (kFinal.includes(code)) {
        this.events.refused(this.complaint ?? (reason === "" ? "the server refused to listen" : reason));
        return;
      }
      const wait = this.backoff.next();
      this.events.waiting(wait);
      this.scope.after(wait, () => { this.connect(); });
    });
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
