// SPDX-License-Identifier: Apache-2.0
import type { Scope } from "../scope";

const kComplaintMs = 8000;

/** What the page says of its own accord. */
export class Notices {
  /** Said to a screen reader. */
  announcement = $state("");
  /** Something the listener must see; gone after a while. */
  complaint: string | null = $state(null);

  private silencing: (() => void) | null = null;

  constructor(private readonly scope: Scope) {}

  say(text: string): void {
    this.announcement = text;
  }

  complain(text: string): void {
    this.say(text);
    this.complaint = text;
    this.silencing?.();
    this.silencing = this.scope.after(kComplaintMs, () => { this.complaint = null; });
  }
}
