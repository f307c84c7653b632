// SPDX-License-Identifier: Apache-2.0
import type { ClientMessage, Codec, ServerMessage } from "../protocol/generated/messages";
import type { LinkState } from "../transport/connection";
import type { Frames, Hertz, Milliseconds } from "../units";
import type { Anchor } from "./anchors";
import type { LoggedChunk } from "./chunk_log";
import type { DecoderName } from "./decoder";
import type { ReceivedChunk } from "./received_tap";
import type { RingMemory } from "./ring";

/** Which stream to receive, and how. */
export interface StreamWish {
  /** The page's own address: the server that sent it also plays. */
  readonly page: string;
  /** A station's id, or `private`. */
  readonly station: string;
  /** Where a private station starts. */
  readonly preset: string;
  /** A private station of ours to pick up again. */
  readonly resume: string | null;
  readonly codec: Codec | "auto";
  readonly decoder: "any" | "wasm";
}

/** The player's end of the stream: where samples go and where the player's word comes from. */
export interface Outlet {
  readonly rate: Hertz;
  /** Shared with the player; null where memory cannot be shared, and samples cross by messages. */
  readonly memory: { readonly ring: RingMemory; readonly clock: ArrayBufferLike } | null;
  /** To the audio thread; takes PlayerCommand, and without shared memory gives PlayerReply. */
  readonly port: MessagePort;
}

/** Page to receiver. */
export type ReceiverCommand =
  /** @property origin the page's performance.timeOrigin: all times that cross are the page's performance.now() */
  | { readonly type: "begin"; readonly origin: number }
  /** @property run counts what is opened; comes back with every event of it */
  | { readonly type: "open"; readonly run: number; readonly wish: StreamWish }
  /** Ends the connection; what is in the buffer may still be heard. */
  | { readonly type: "close" }
  /** Leaves behind everything that has not been heard yet. */
  | { readonly type: "leave" }
  /** If an attempt to connect is being waited for, make it now. */
  | { readonly type: "retry" }
  | { readonly type: "say"; readonly message: ClientMessage }
  | { readonly type: "outlet"; readonly outlet: Outlet }
  /** Asks for received sound that lies in stream frames [from, to). */
  | { readonly type: "received"; readonly ask: number; readonly from: Frames; readonly to: Frames };

/** How the stream has arrived so far. */
export interface ArrivalReport {
  readonly targetMs: Milliseconds;
  readonly jitterMs: Milliseconds;
  /** Chunks the server left out, by their sequence numbers. */
  readonly dropped: number;
  readonly undecodable: number;
  /** Stream frames that never came and were bridged by silence. */
  readonly lost: Frames;
  /** Decoded since the last report. */
  readonly chunks: readonly LoggedChunk[];
}

/** What happens to one stream. */
export type StreamEvent =
  | { readonly type: "decoder"; readonly name: DecoderName }
  | { readonly type: "link"; readonly link: LinkState }
  /**
   * @property arrived when it came in
   * @property continues of a hello: whether the stream goes on where this page's buffer ends
   */
  | { readonly type: "message"; readonly message: ServerMessage; readonly arrived: Milliseconds; readonly continues: boolean }
  | { readonly type: "refused"; readonly code: number }
  | { readonly type: "anchor"; readonly anchor: Anchor }
  | { readonly type: "report"; readonly report: ArrivalReport };

/** Receiver to page. */
export type ReceiverEvent =
  | { readonly type: "stream"; readonly run: number; readonly event: StreamEvent }
  /** @property until stream frame after the last one received; 0 before the first */
  | { readonly type: "received"; readonly ask: number; readonly chunks: readonly ReceivedChunk[]; readonly until: Frames };
