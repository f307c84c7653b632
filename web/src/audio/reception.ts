// SPDX-License-Identifier: Apache-2.0
import type { ClientMessage } from "../protocol/generated/messages";
import { Scope } from "../scope";
import type { Frames } from "../units";
import type { Outlet, ReceiverCommand, ReceiverEvent, StreamEvent, StreamWish } from "./receiver_protocol";
import type { ReceivedChunk } from "./received_tap";

/** Received sound, and how far there is any. */
export interface Received {
  readonly chunks: readonly ReceivedChunk[];
  /** Stream frame after the last one received; 0 before the first. */
  readonly until: Frames;
}

/** What a reception needs of a Worker, so that a test can be one. */
export interface ReceiverThread extends EventTarget {
  postMessage(message: ReceiverCommand, transfer: Transferable[]): void;
  terminate(): void;
}

export function startReceiverThread(): ReceiverThread {
  return new Worker(new URL("./receiver_worker.ts", import.meta.url), { type: "module", name: "receiver" });
}

/** The page's end of the receiver's worker. What belongs to a stream that was left is not told. */
export class Reception {
  private readonly scope = new Scope();
  private readonly asked = new Map<number, (received: Received) => void>();
  private run = 0;
  private asks = 0;
  private opened = false;

  /** @param failed told when the worker could not be loaded or broke down */
  constructor(
    private readonly thread: ReceiverThread,
    private readonly told: (event: StreamEvent) => void,
    failed: (reason: string) => void,
  ) {
    this.scope.add(() => { thread.terminate(); });
    this.scope.listen(thread, "message", ({ data }: MessageEvent<ReceiverEvent>) => { this.take(data); });
    this.scope.listen(thread, "error", (event: ErrorEvent) => { failed(event.message || "the receiver did not load"); });
    this.post({ type: "begin", origin: performance.timeOrigin });
  }

  /** Leaves the stream that was open, if any, and opens another. */
  open(wish: StreamWish): void {
    this.run += 1;
    this.opened = true;
    this.post({ type: "open", run: this.run, wish });
  }

  /** Ends the connection; what is in the buffer may still be heard. */
  disconnect(): void {
    this.run += 1;
    this.opened = false;
    this.post({ type: "close" });
  }

  /** Leaves behind everything that has not been heard yet. */
  leave(): void {
    this.post({ type: "leave" });
  }

  get isOpen(): boolean {
    return this.opened;
  }

  retryNow(): void {
    this.post({ type: "retry" });
  }

  say(message: ClientMessage): void {
    this.post({ type: "say", message });
  }

  /** Gives the receiver a player to write to; its port goes with it. */
  give(outlet: Outlet): void {
    this.post({ type: "outlet", outlet }, [outlet.port]);
  }

  /** Sound of the last ten seconds that lies in stream frames [from, to). */
  received(from: Frames, to: Frames): Promise<Received> {
    this.asks += 1;
    const ask = this.asks;
    return new Promise((resolve) => {
      this.asked.set(ask, resolve);
      this.post({ type: "received", ask, from, to });
    });
  }

  close(): void {
    this.scope.close();
  }

  private post(command: ReceiverCommand, transfer: Transferable[] = []): void {
    this.thread.postMessage(command, transfer);
  }

  private take(event: ReceiverEvent): void {
    if (event.type === "received") {
      this.asked.get(event.ask)?.({ chunks: event.chunks, until: event.until });
      this.asked.delete(event.ask);
    } else if (event.run === this.run) {
      this.told(event.event);
    }
  }
}
