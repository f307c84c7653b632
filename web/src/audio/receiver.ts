// SPDX-License-Identifier: Apache-2.0
import type { Codec, HelloMessage, ServerMessage } from "../protocol/generated/messages";
import { Scope } from "../scope";
import { streamAddress } from "../transport/address";
import type { ArrivedChunk, ConnectionWorld } from "../transport/connection";
import { StreamConnection } from "../transport/connection";
import type { Frames, Milliseconds } from "../units";
import { msToFrames } from "../units";
import { Arrivals } from "./arrivals";
import type { LoggedChunk } from "./chunk_log";
import type { ChunkDecoder, Decoded, Undecodable } from "./decoder";
import { PcmDecoder, createOpusDecoder } from "./decoder";
import { chunkOf } from "./json_chunk";
import { OutletWriter } from "./outlet_writer";
import { ReceivedTap } from "./received_tap";
import type { Outlet, ReceiverCommand, ReceiverEvent, StreamEvent, StreamWish } from "./receiver_protocol";

const kReportEveryMs = 250;
/** A stream that goes on may come back with this much sound that is here already. */
const kOverlapSeconds = 2.5;
/** Decoded sound that waits for a player, which the page makes when it has heard the stream's rate. */
const kWaitingSeconds = 4;

interface DecodedChunk {
  readonly at: Frames;
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/**
 * Everything between the station and the player's buffer: the connection, the decoder, and the row of chunks.
 *
 * Lives in a worker, so that sound goes on while the page's own thread is busy; knows nothing of workers, so that it
 * is tested without one. Needs the page once a stream rate: for a player to write to.
 */
export class Receiver {
  private readonly scope = new Scope();
  private readonly arrivals = new Arrivals();
  private readonly tap = new ReceivedTap();
  private run = 0;
  private wish: StreamWish | null = null;
  private resume: string | null = null;
  private preset = "";
  private codec: Codec = "opus";
  private connection: StreamConnection | null = null;
  private connected = false;
  private decoder: ChunkDecoder | null = null;
  private hello: HelloMessage | null = null;
  private greetedAt: Milliseconds = 0;
  private outlet: OutletWriter | null = null;
  private soundExpected = true;
  private waiting: DecodedChunk[] = [];
  private undecodable = 0;
  private logged: LoggedChunk[] = [];

  constructor(private readonly world: ConnectionWorld, private readonly tell: (event: ReceiverEvent) => void) {
    this.scope.every(kReportEveryMs, () => { this.report(); });
  }

  /** Takes all but `begin`, which is the worker's own. */
  take(command: ReceiverCommand): void {
    switch (command.type) {
      case "begin":
        break;
      case "open":
        void this.open(command.run, command.wish);
        break;
      case "close":
        this.disconnect();
        break;
      case "leave":
        this.leave();
        break;
      case "retry":
        this.connection?.retryNow();
        break;
      case "say":
        this.connection?.send(command.message);
        break;
      case "outlet":
        this.adopt(command.outlet);
        break;
      case "received": {
        const { ask, from, to } = command;
        this.tell({ type: "received", ask, chunks: this.tap.between(from, to), until: this.tap.until });
        break;
      }
    }
  }

  close(): void {
    this.leave();
    this.decoder?.close();
    this.outlet?.close();
    this.scope.close();
  }

  private event(event: StreamEvent): void {
    this.tell({ type: "stream", run: this.run, event });
  }

  private async open(run: number, wish: StreamWish): Promise<void> {
    this.leave();
    this.run = run;
    this.wish = wish;
    this.resume = wish.resume;
    this.preset = wish.preset;
    this.decoder?.close();
    this.decoder = null;
    const { decoder, codec } = await decoderFor(
      wish,
      (chunk, left, right) => { this.decoded(chunk, left, right); },
      () => { this.undecodable += 1; },
    );
    // The listener may have stopped meanwhile, and begun again.
    if (run !== this.run || this.wish !== wish) {
      decoder.close();
      return;
    }
    this.decoder = decoder;
    this.codec = codec;
    this.event({ type: "decoder", name: decoder.name });
    this.connect(wish);
  }

  private connect(wish: StreamWish): void {
    const isPrivate = wish.station === "private";
    this.connection = new StreamConnection({
      address: () => streamAddress(new URL(wish.page), {
        station: wish.station,
        codec: this.codec,
        ...(isPrivate ? { preset: this.preset } : {}),
        ...(isPrivate && this.resume !== null ? { resume: this.resume } : {}),
      }),
      chunk: (chunk) => { this.arrived(chunk); },
      message: (message, arrived) => { this.heard(message, arrived); },
      link: (link) => {
        this.connected = link.state === "open";
        this.event({ type: "link", link });
      },
      nonsense: () => { this.undecodable += 1; },
      refused: (code) => {
        if (code === 4004) {
          // The private station's grace time is over, or the shared one is gone: the next attempt asks afresh.
          this.resume = null;
        }
        this.event({ type: "refused", code });
      },
    }, this.world);
    this.connection.open();
  }

  private disconnect(): void {
    this.wish = null;
    this.connection?.close();
    this.connection = null;
    this.expectSound(false);
  }

  /** The next stream begins with the present, not with what is left in the buffer. */
  private leave(): void {
    this.disconnect();
    this.waiting = [];
    this.outlet?.leave();
  }

  private heard(message: ServerMessage, arrived: Milliseconds): void {
    let continues = false;
    switch (message.type) {
      case "audio": {
        const chunk = chunkOf(message, arrived);
        if (chunk === null) {
          this.undecodable += 1;
        } else {
          this.arrived(chunk);
        }
        return;
      }
      case "hello":
        continues = this.greeted(message);
        break;
      case "state":
        this.preset = message.preset;
        this.expectSound(message.transport === "play");
        break;
    }
    this.event({ type: "message", message, arrived, continues });
  }

  /** @returns whether the stream goes on where the buffer ends */
  private greeted(hello: HelloMessage): boolean {
    const sameStation = this.hello?.station === hello.station && this.hello.seed === hello.seed;
    this.hello = hello;
    this.greetedAt = this.world.now();
    this.arrivals.greeted(this.greetedAt);
    this.preset = hello.preset;
    if (hello.private) {
      this.resume = hello.station;
    }
    if (this.outlet !== null && this.outlet.rate !== hello.sample_rate) {
      this.outlet.close();
      this.outlet = null;
    }
    const next = this.outlet?.next ?? null;
    const continues = sameStation && next !== null && hello.at > next - kOverlapSeconds * hello.sample_rate;
    if (!continues) {
      this.outlet?.restart();
      this.waiting = [];
      this.logged = [];
      this.tap.clear();
    }
    this.expectSound(hello.transport === "play");
    this.outlet?.setTarget(msToFrames(this.arrivals.target, hello.sample_rate));
    return continues;
  }

  private adopt(outlet: Outlet): void {
    this.outlet?.close();
    const writer = new OutletWriter(outlet, (anchor) => { this.event({ type: "anchor", anchor }); });
    this.outlet = writer;
    this.arrivals.playerReplaced();
    writer.setTarget(msToFrames(this.arrivals.target, outlet.rate));
    writer.expectSound(this.soundExpected);
    if (this.hello?.sample_rate === outlet.rate) {
      this.waiting.forEach(({ at, left, right }) => { writer.push(at, left, right); });
    }
    this.waiting = [];
  }

  private expectSound(expected: boolean): void {
    this.soundExpected = expected;
    this.outlet?.expectSound(expected);
  }

  private arrived(chunk: ArrivedChunk): void {
    if (this.arrivals.arrived(chunk)) {
      this.outlet?.setTarget(msToFrames(this.arrivals.target, chunk.sampleRate));
    }
    this.decoder?.decode(chunk);
  }

  private decoded(chunk: ArrivedChunk, left: Float32Array, right: Float32Array): void {
    const rate = this.hello?.sample_rate;
    // What was still being decoded when the stream changed belongs to no one.
    if (rate !== chunk.sampleRate || chunk.arrived < this.greetedAt) {
      return;
    }
    const { at, frames, arrived, generated } = chunk;
    this.logged.push({ at, frames, arrived, generated });
    this.tap.add({ at, frames, arrived, left, right }, rate);
    if (this.outlet === null) {
      this.waiting.push({ at, left, right });
      if (this.waiting.length * frames > kWaitingSeconds * rate) {
        this.waiting.shift();
      }
    } else {
      this.outlet.push(at, left, right);
    }
  }

  private report(): void {
    if (this.connection === null) {
      return;
    }
    const { outlet, arrivals } = this;
    const underruns = outlet?.underruns() ?? null;
    if (outlet !== null && underruns !== null && arrivals.counted(underruns, this.world.now(), this.connected)) {
      outlet.setTarget(msToFrames(arrivals.target, outlet.rate));
    }
    const chunks = this.logged;
    this.logged = [];
    this.event({
      type: "report",
      report: {
        targetMs: arrivals.target, jitterMs: arrivals.jitter, dropped: arrivals.dropped,
        undecodable: this.undecodable, lost: outlet?.lost ?? 0, chunks,
      },
    });
  }
}

async function decoderFor(
  wish: StreamWish, decoded: Decoded, undecodable: Undecodable,
): Promise<{ readonly decoder: ChunkDecoder; readonly codec: Codec }> {
  if (wish.codec === "auto" || wish.codec === "opus") {
    const opus = await createOpusDecoder(decoded, undecodable, wish.decoder);
    if (opus !== null) {
      return { decoder: opus, codec: "opus" };
    }
  }
  return { decoder: new PcmDecoder(decoded), codec: wish.codec === "json" ? "json" : "pcm16" };
}
