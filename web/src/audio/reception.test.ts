// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";

import type { ReceiverCommand, ReceiverEvent, StreamEvent, StreamWish } from "./receiver_protocol";
import type { ReceiverThread } from "./reception";
import { Reception } from "./reception";

class FakeThread extends EventTarget implements ReceiverThread {
  readonly commands: ReceiverCommand[] = [];
  ended = false;

  postMessage(message: ReceiverCommand): void {
    this.commands.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  tells(data: ReceiverEvent): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

const kWish: StreamWish = { page: "http://a/", station: "main", preset: "focus", resume: null, codec: "auto", decoder: "any" };

let thread: FakeThread;
let told: StreamEvent[];
let failures: string[];
let reception: Reception;

beforeEach(() => {
  thread = new FakeThread();
  told = [];
  failures = [];
  reception = new Reception(thread, (event) => told.push(event), (reason) => failures.push(reason));
});

describe("Reception", () => {
  it("tells the worker the page's time first", () => {
    expect(thread.commands).toEqual([{ type: "begin", origin: performance.timeOrigin }]);
  });

  it("tells what happens to the stream that is open, and nothing of those before", () => {
    reception.open(kWish);
    thread.tells({ type: "stream", run: 1, event: { type: "refused", code: 1 } });
    reception.open(kWish);
    thread.tells({ type: "stream", run: 1, event: { type: "refused", code: 2 } });
    thread.tells({ type: "stream", run: 2, event: { type: "refused", code: 3 } });
    reception.disconnect();
    thread.tells({ type: "stream", run: 2, event: { type: "refused", code: 4 } });
    expect(told).toEqual([{ type: "refused", code: 1 }, { type: "refused", code: 3 }]);
    expect(reception.isOpen).toBe(false);
  });

  it("gives each question its own answer", async () => {
    const first = reception.received(0, 1);
    const second = reception.received(5, 6);
    thread.tells({ type: "received", ask: 2, chunks: [], until: 22 });
    thread.tells({ type: "received", ask: 1, chunks: [], until: 11 });
    expect((await first).until).toBe(11);
    expect((await second).until).toBe(22);
  });

  it("says so when the worker breaks down, and ends it when closed", () => {
    thread.dispatchEvent(Object.assign(new Event("error"), { message: "no such script" }));
    expect(failures).toEqual(["no such script"]);
    reception.close();
    expect(thread.ended).toBe(true);
  });
});
