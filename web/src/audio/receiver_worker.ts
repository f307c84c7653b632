// SPDX-License-Identifier: Apache-2.0
// Runs in a worker of its own, so that sound goes on while the page's thread is busy.
import { Scope } from "../scope";
import { Receiver } from "./receiver";
import type { ReceiverCommand, ReceiverEvent } from "./receiver_protocol";

interface WorkerScope extends EventTarget {
  postMessage(message: ReceiverEvent): void;
}

const page = globalThis as unknown as WorkerScope;
const scope = new Scope();
/** What turns this worker's performance.now() into the page's. */
let ahead = 0;

const receiver = scope.own(new Receiver(
  { open: (address) => new WebSocket(address), now: () => performance.now() + ahead, random: () => Math.random() },
  (event) => { page.postMessage(event); },
));

scope.listen(page, "message", ({ data }: MessageEvent<ReceiverCommand>) => {
  if (data.type === "begin") {
    ahead = performance.timeOrigin - data.origin;
  } else {
    receiver.take(data);
  }
});
