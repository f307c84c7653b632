// SPDX-License-Identifier: Apache-2.0
import type {
  AckMessage, ChordOverride, ClientMessage, ErrorMessage, Grid, HelloMessage, PresetDocument, StateMessage, TransportState,
} from "../protocol/generated/messages";
import type { Scope } from "../scope";
import type { Change } from "./changes";
import { changeTo, merge } from "./changes";
import { ChordHold } from "./chord_hold";
import { Desk } from "./desk.svelte";
import { kNeutral } from "./neutral";
import type { Preferences } from "./preferences.svelte";
import { Throttle } from "./throttle";

/** What steering needs of the way to the station. */
export interface Wire {
  /** Whether a station listens to what is said. */
  isOpen(): boolean;
  say(message: ClientMessage): void;
}

interface Part {
  readonly key: string;
  readonly change: Change;
}

/** What the listener asks of the music, on its way to the station, and what the station makes of it. */
export class Steering {
  readonly desk: Desk;
  /** The preset shown as chosen. */
  preset: string = $state("focus");
  transport: TransportState = $state("play");

  /** The chord held in place of the composed harmony; null while the harmony is composed. */
  held: string | null = $state(null);

  private readonly hold = new ChordHold();
  private readonly throttle = new Throttle<Part>();
  private flushing: (() => void) | null = null;
  private nextId = 1;

  constructor(
    private readonly preferences: Preferences,
    private readonly wire: Wire,
    private readonly scope: Scope,
    private readonly now: () => number,
  ) {
    this.desk = new Desk(preferences.settings.parameters ?? kNeutral);
    this.preset = preferences.settings.preset;
  }

  /** Changes what is played; `key` names the control that asks. */
  adjust(key: string, change: Change): void {
    if (change.key !== undefined || change.mode !== undefined) {
      // Whoever goes to another key wants to hear it.
      this.release();
    }
    this.desk.wish(key, change, this.now());
    this.throttle.offer(key, { key, change });
    this.preferences.remember({ parameters: this.desk.parameters });
    this.flush();
  }

  /** @param document what the preset holds, where that is known: shown before the station has answered */
  choosePreset(id: string, document: PresetDocument | null): void {
    this.preset = id;
    this.release();
    this.desk.forgetWishes();
    this.throttle.offer("preset", { key: "preset", change: { preset: id } });
    if (document !== null) {
      this.desk.wish("preset", changeTo(document.parameters), this.now());
    }
    this.preferences.remember({ preset: id, parameters: this.desk.parameters });
    this.flush();
  }

  /** Pauses or goes on with the music itself, for everybody who hears this station. */
  setTransport(transport: TransportState): void {
    this.transport = transport;
    this.throttle.offer("transport", { key: "transport", change: { transport } });
    this.flush();
  }

  /** Goes to a chord and stays there; null lets the harmony be composed again. */
  holdChord(chord: string | null): void {
    if (chord === null) {
      this.release();
    } else {
      this.override(this.hold.hold(chord, this.now()));
    }
    this.held = this.hold.chord;
    this.flush();
  }

  /** The station changes to a chord. @returns whether it has left the one that was held */
  played(chord: string): boolean {
    const lost = this.hold.played(chord);
    this.held = this.hold.chord;
    return lost;
  }

  /** Another stream begins, or none. */
  left(): void {
    this.hold.forget();
    this.throttle.withdraw("chord");
    this.held = null;
  }

  /** @param fresh whether a private station has just been made for this listener */
  greeted(hello: HelloMessage, fresh: boolean): void {
    this.transport = hello.transport;
    this.preset = hello.preset;
    this.desk.state(hello.parameters);
    const last = this.preferences.settings.parameters;
    if (fresh && last !== null) {
      // A new private station continues where this listener's last one was.
      const change = changeTo(last);
      this.desk.wish("all", change, this.now());
      this.send([{ key: "all", change }], "now");
    }
    this.flush();
  }

  stated(state: StateMessage): void {
    this.desk.state(state.parameters);
    this.preset = state.preset;
    this.transport = state.transport;
    this.preferences.remember({ parameters: this.desk.parameters, preset: state.preset });
  }

  acknowledged(ack: AckMessage): void {
    if (ack.id !== undefined) {
      this.desk.acknowledged(ack.id);
    }
  }

  refused(error: ErrorMessage): void {
    if (error.id !== undefined) {
      this.desk.refused(error.id);
    }
  }

  /** Now and then: gives up what was never answered, and asks again for what would end. */
  tick(): void {
    this.desk.tire(this.now());
    const renewal = this.wire.isOpen() ? this.hold.renewal(this.now(), this.desk.parameters.bpm) : null;
    if (renewal !== null) {
      this.send([{ key: "chord", change: { override: renewal } }], "now");
    }
  }

  private release(): void {
    this.override(this.hold.release());
    this.held = null;
  }

  private override(override: ChordOverride | null): void {
    if (override !== null) {
      this.throttle.offer("chord", { key: "chord", change: { override } });
    }
  }

  /** Sends what is due, and comes back for what is not yet. */
  private flush(): void {
    if (!this.wire.isOpen()) {
      return;
    }
    const now = this.now();
    const due = this.throttle.due(now);
    if (due.length > 0) {
      this.send(due, this.preferences.settings.grid);
    }
    const wait = this.throttle.wait(now);
    if (wait !== null && this.flushing === null) {
      this.flushing = this.scope.after(wait, () => {
        this.flushing = null;
        this.flush();
      });
    }
  }

  private send(parts: readonly Part[], grid: Grid): void {
    const id = this.nextId;
    this.nextId += 1;
    const change = parts.reduce<Change>((sum, part) => merge(sum, part.change), {});
    this.wire.say({ type: "control", id, grid, ...change });
    this.desk.sent(parts.map((part) => part.key), id);
  }
}
