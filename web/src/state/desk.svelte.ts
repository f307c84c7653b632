// SPDX-License-Identifier: Apache-2.0
import type { Parameters } from "../protocol/generated/messages";
import type { Milliseconds } from "../units";
import type { Change } from "./changes";
import { alike, applied } from "./changes";
import { kNeutral } from "./neutral";

interface Wish {
  readonly change: Change;
  readonly made: Milliseconds;
  /** Of the last message that carried it; null until one has left. */
  id: number | null;
  acknowledged: boolean;
}

/** A wish the server neither granted nor refused is given up after this long. */
const kPatienceMs = 2500;

/**
 * The controls' faces: what the server last said, with what the listener has just asked for on top.
 *
 * A wish shows at once and stays until the server's state agrees with it, or the server has acknowledged it and then
 * says otherwise, or refuses it, or patience ends. From then on the server's word is the truth.
 */
export class Desk {
  private server: Parameters;
  private readonly wishes = new Map<string, Wish>();
  private shown: Parameters = $state.raw(kNeutral);

  constructor(initial: Parameters) {
    this.server = initial;
    this.shown = initial;
  }

  /** What the controls show. */
  get parameters(): Parameters {
    return this.shown;
  }

  /** The listener asks; `key` names the control. */
  wish(key: string, change: Change, now: Milliseconds): void {
    this.wishes.delete(key);
    this.wishes.set(key, { change, made: now, id: null, acknowledged: false });
    this.show();
  }

  /** A message has left that carries these controls' wishes. */
  sent(keys: readonly string[], id: number): void {
    for (const key of keys) {
      const wish = this.wishes.get(key);
      if (wish !== undefined) {
        wish.id = id;
      }
    }
  }

  acknowledged(id: number): void {
    for (const wish of this.wishes.values()) {
      wish.acknowledged ||= wish.id !== null && wish.id <= id;
    }
  }

  refused(id: number): void {
    for (const [key, wish] of this.wishes) {
      if (wish.id === id) {
        this.wishes.delete(key);
      }
    }
    this.show();
  }

  /** The server says what is. */
  state(parameters: Parameters): void {
    this.server = parameters;
    for (const [key, wish] of this.wishes) {
      if (wish.acknowledged || alike(applied(wish.change, parameters), parameters)) {
        this.wishes.delete(key);
      }
    }
    this.show();
  }

  /** Gives up wishes that left long ago. */
  tire(now: Milliseconds): void {
    for (const [key, wish] of this.wishes) {
      if (wish.id !== null && now - wish.made > kPatienceMs) {
        this.wishes.delete(key);
      }
    }
    this.show();
  }

  /** A preset replaces everything: wishes made before it are void. */
  forgetWishes(): void {
    this.wishes.clear();
  }

  private show(): void {
    let shown = this.server;
    for (const wish of this.wishes.values()) {
      shown = applied(wish.change, shown);
    }
    if (!alike(shown, this.shown)) {
      this.shown = shown;
    }
  }
}
