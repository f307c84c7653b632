// SPDX-License-Identifier: Apache-2.0
import type { Listening } from "../state/session.svelte";
import type { LinkState } from "../transport/connection";

/** The connection in a few words. @param now performance.now() */
export function linkWords(listening: Listening, link: LinkState, now: number): string {
  if (listening === "failed") {
    return "No sound";
  }
  if (listening === "stopped") {
    return "Not playing";
  }
  switch (link.state) {
    case "open":
      return "Live";
    case "connecting":
      return link.attempt > 1 ? "Reconnecting" : "Connecting";
    case "waiting": {
      const seconds = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
      return `Offline: ${link.reason}, trying again in ${seconds} s`;
    }
    case "closed":
      return "Connecting";
  }
}
