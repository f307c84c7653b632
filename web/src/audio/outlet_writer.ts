// SPDX-License-Identifier: Apache-2.0
import type { Frames, Hertz } from "../units";
import type { Anchor } from "./anchors";
import { StreamAssembler } from "./assembler";
import { PlayerClock, kClockBytes } from "./player_clock";
import type { Outlet } from "./receiver_protocol";
import { FrameRing } from "./ring";
import type { PlayerCommand, PlayerReply } from "./worklet_protocol";

/**
 * The receiver's hold on a player: writes what is decoded into its buffer, and tells it what the stream demands.
 *
 * Samples go into the shared ring, or where memory cannot be shared by messages straight to the audio thread; either
 * way past the page's own thread.
 */
export class OutletWriter {
  readonly rate: Hertz;
  private readonly assembler: StreamAssembler;
  private readonly clock: PlayerClock;

  constructor(private readonly outlet: Outlet, anchored: (anchor: Anchor) => void) {
    const { rate, memory, port } = outlet;
    this.rate = rate;
    if (memory === null) {
      const copy = new ArrayBuffer(kClockBytes);
      this.clock = new PlayerClock(copy);
      this.assembler = new StreamAssembler({ write: (left, right, from, count) => this.post(left, right, from, count) }, rate, anchored);
      port.onmessage = ({ data }: MessageEvent<PlayerReply>): void => {
        if (data.type === "clock") {
          new Uint8Array(copy).set(new Uint8Array(data.clock));
        }
      };
    } else {
      this.clock = new PlayerClock(memory.clock);
      this.assembler = new StreamAssembler(new FrameRing(memory.ring), rate, anchored);
    }
  }

  /** Stream frame awaited next; null before the first chunk. */
  get next(): Frames | null {
    return this.assembler.next;
  }

  /** Stream frames that never came. */
  get lost(): Frames {
    return this.assembler.lost;
  }

  /** The player's count; null before its first word. */
  underruns(): number | null {
    return this.clock.read()?.underruns ?? null;
  }

  /** Takes a decoded chunk. */
  push(at: Frames, left: Float32Array, right: Float32Array): void {
    const dropBefore = this.assembler.push(at, left, right);
    if (dropBefore !== null) {
      this.command({ type: "drop", position: dropBefore });
    }
  }

  setTarget(frames: Frames): void {
    this.command({ type: "target", frames });
  }

  expectSound(expected: boolean): void {
    this.command({ type: "expect-sound", expected });
  }

  /** The next chunk begins a new run; what is still in the buffer is left behind when it comes. */
  restart(): void {
    this.assembler.restart();
  }

  /** Leaves behind everything that has not been heard yet. */
  leave(): void {
    this.assembler.restart();
    this.command({ type: "drop", position: this.assembler.written });
  }

  close(): void {
    this.outlet.port.close();
  }

  private post(left: Float32Array, right: Float32Array, from: number, count: number): boolean {
    const l = left.slice(from, from + count);
    const r = right.slice(from, from + count);
    const message: PlayerCommand = { type: "samples", left: l, right: r };
    this.outlet.port.postMessage(message, [l.buffer, r.buffer]);
    return true;
  }

  private command(command: PlayerCommand): void {
    this.outlet.port.postMessage(command);
  }
}
