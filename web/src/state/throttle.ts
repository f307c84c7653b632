// SPDX-License-Identifier: Apache-2.0
import type { Milliseconds } from "../units";

/** At most 20 messages a second for each control. */
export const kControlIntervalMs = 50;

/**
 * Lets each control speak at most every 50 ms, and its last word always through.
 *
 * Keys are independent; values that become due together leave together.
 */
export class Throttle<V> {
  private readonly waiting = new Map<string, V>();
  private readonly lastSent = new Map<string, Milliseconds>();

  /** What is to be said under `key`; replaces what has not left yet. */
  offer(key: string, value: V): void {
    this.waiting.set(key, value);
  }

  /** What has not left yet under `key` shall not. */
  withdraw(key: string): void {
    this.waiting.delete(key);
  }

  /** Takes out everything that may leave now. */
  due(now: Milliseconds): V[] {
    const out: V[] = [];
    for (const [key, value] of this.waiting) {
      if (now - (this.lastSent.get(key) ?? -Infinity) >= kControlIntervalMs) {
        out.push(value);
        this.waiting.delete(key);
        this.lastSent.set(key, now);
      }
    }
    return out;
  }

  /** How long until something is due; null when nothing waits. */
  wait(now: Milliseconds): Milliseconds | null {
    let soonest: Milliseconds | null = null;
    for (const key of this.waiting.keys()) {
      const wait = Math.max(0, (this.lastSent.get(key) ?? -Infinity) + kControlIntervalMs - now);
      soonest = soonest === null ? wait : Math.min(soonest, wait);
    }
    return soonest;
  }
}
