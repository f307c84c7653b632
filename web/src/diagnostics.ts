// SPDX-License-Identifier: Apache-2.0
import type { Received } from "./audio/reception";
import type { PlayedSound } from "./audio/stream_player";
import type { HelloMessage, Parameters, TransportState } from "./protocol/generated/messages";
import type { Figures } from "./state/gauge";
import type { Heard } from "./state/heard.svelte";
import type { Listening, Session } from "./state/session.svelte";
import type { LinkState } from "./transport/connection";
import type { EpochMs, Frames, Milliseconds } from "./units";

/** What the page knows of itself, as plain data. */
export interface PageState {
  readonly listening: Listening;
  readonly link: LinkState;
  readonly hello: HelloMessage | null;
  readonly transport: TransportState;
  readonly preset: string;
  /** What the controls show. */
  readonly parameters: Parameters;
  /** The chord that sounds now, as drawn; null before the first. */
  readonly chord: string | null;
  readonly volume: number;
  readonly muted: boolean;
}

export interface PageStats extends Figures {
  readonly decoder: string | null;
  /** Whether samples cross to the audio thread by shared memory. */
  readonly sharedMemory: boolean | null;
  readonly contextRate: number | null;
  readonly contextRunning: boolean;
  readonly outputLatencyMs: Milliseconds | null;
  /** Stream frame heard now; null while nothing plays. */
  readonly heardFrame: Frames | null;
  /** Stream frames that never came and were bridged by silence. */
  readonly lostFrames: Frames;
  /** Passages left out because the buffer held far too much. */
  readonly splices: number;
  readonly now: Milliseconds;
  readonly epoch: EpochMs;
}

/** The page's window on itself, as `window.__auralis`: for tests and for finding faults, never for the views. */
export interface Diagnostics {
  state(): PageState;
  stats(): PageStats;
  /**
   * What was received of stream frames [from, to) in the last ten seconds, decoded, with times of arrival; and how far
   * there is any. An empty range asks for that alone.
   */
  received(from?: Frames, to?: Frames): Promise<Received>;
  /** What the worklet put out in the last ten seconds: before the volume, silence included. */
  played(): Promise<PlayedSound | null>;
}

declare global {
  interface Window {
    __auralis?: Diagnostics;
  }
}

export function installDiagnostics(session: Session, heard: Heard): void {
  window.__auralis = {
    state: () => ({
      listening: session.listening,
      link: session.link,
      hello: session.hello,
      transport: session.steering.transport,
      preset: session.steering.preset,
      parameters: session.steering.desk.parameters,
      chord: heard.chord?.chord ?? null,
      volume: session.settings.volume,
      muted: session.settings.muted,
    }),
    stats: () => {
      const engine = session.audioEngine;
      const player = session.streamPlayer;
      return {
        ...session.figures,
        decoder: session.decoder,
        sharedMemory: session.sharedMemory,
        contextRate: engine?.sampleRate ?? null,
        contextRunning: engine?.running ?? false,
        outputLatencyMs: engine === null ? null : engine.outputLatency * 1000,
        heardFrame: session.heardFrame(),
        lostFrames: session.lostFrames,
        splices: player?.reading()?.splices ?? 0,
        now: performance.now(),
        epoch: Date.now(),
      };
    },
    received: (from = 0, to = Infinity) => session.received(from, to),
    played: () => session.streamPlayer?.played() ?? Promise.resolve(null),
  };
}
