// SPDX-License-Identifier: Apache-2.0
import type { Hertz, Seconds } from "../units";

/** A beat as the click sees it. */
export interface Click {
  /** In the recording. */
  readonly at: Seconds;
  readonly downbeat: boolean;
}

/** Hands out the clicks of a grid a stretch at a time, each once. */
export class ClickPlan {
  private clicks: readonly Click[] = [];
  private next = 0;

  /** @param clicks in the order of time */
  constructor(clicks: readonly Click[], from: Seconds) {
    this.clicks = clicks;
    while ((this.clicks[this.next]?.at ?? Infinity) < from) {
      ++this.next;
    }
  }

  /** Those before a time that have not been taken yet. */
  take(until: Seconds): Click[] {
    const first = this.next;
    while ((this.clicks[this.next]?.at ?? Infinity) < until) {
      ++this.next;
    }
    return this.clicks.slice(first, this.next);
  }
}

const kLengthSeconds = 0.045;
const kDecaySeconds = 0.008;
/** A wood block rather than a beep: the octave and a fifth above it die sooner. */
const kBeatHertz = 1050;
const kDownbeatHertz = 1575;
const kBeatLevel = 0.34;
const kDownbeatLevel = 0.75;

/** The sound of a click, from its first sample on. */
export function clickSound(rate: Hertz, downbeat: boolean): Float32Array {
  const pitch = downbeat ? kDownbeatHertz : kBeatHertz;
  const level = downbeat ? kDownbeatLevel : kBeatLevel;
  return Float32Array.from({ length: Math.round(kLengthSeconds * rate) }, (_, n) => {
    const t = n / rate;
    const tone = Math.sin(2 * Math.PI * pitch * t) + 0.35 * Math.sin(2 * Math.PI * pitch * 3 * t) * Math.exp(-t / (kDecaySeconds / 3));
    const end = Math.min(1, (kLengthSeconds - t) / 0.005);
    return (level / 1.35) * tone * Math.exp(-t / kDecaySeconds) * end;
  });
}
