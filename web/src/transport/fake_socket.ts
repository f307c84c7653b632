// SPDX-License-Identifier: Apache-2.0
import type { Socket } from "./connection";

/** A WebSocket whose other end is the test. */
export class FakeSocket extends EventTarget implements Socket {
  binaryType: BinaryType = "blob";
  readyState = 0;
  readonly sent: string[] = [];
  closed: number | null = null;

  constructor(readonly address: string) {
    super();
  }

  send(data: string): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    this.closed = code ?? 1005;
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  says(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  breaks(code = 1006): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "" }));
  }
}
