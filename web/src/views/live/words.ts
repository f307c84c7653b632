// SPDX-License-Identifier: Apache-2.0
import type { LivePhase } from "../../state/live.svelte";
import type { Milliseconds } from "../../units";

/** What the visitor can do about a microphone that is not heard. */
export function deafWords(problem: Extract<LivePhase, { kind: "deaf" }>["problem"]): string {
  switch (problem) {
    case "denied":
      return "The microphone is not allowed here. Allow it beside the page's address, then try again.";
    case "none":
      return "No microphone was found. Plug one in, then try again.";
    case "busy":
      return "The microphone cannot be read: another program may hold it.";
    case "insecure":
      return "Browsers give the microphone to secure pages only: open this one by https, or as localhost on the machine it runs on.";
    case "ended":
      return "The microphone was unplugged, or taken back.";
    case "failed":
      return "The microphone could not be opened.";
  }
}

/** How it goes in a few words. @param now performance.now() */
export function phaseWords(phase: LivePhase, now: Milliseconds): string {
  switch (phase.kind) {
    case "off":
      return "Not listening";
    case "asking":
      return "Waiting for the microphone to be allowed";
    case "connecting":
      return "Connecting";
    case "listening":
      return "Listening";
    case "waiting":
      return `Offline, trying again in ${Math.max(0, Math.ceil((phase.until - now) / 1000))} s`;
    case "deaf":
      return "No microphone";
    case "refused":
      return "Refused";
  }
}
