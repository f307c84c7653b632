// SPDX-License-Identifier: Apache-2.0
import type { Frames } from "../units";

/** From this position (frames written, ever) on, the stream runs on from this stream frame. */
export interface Anchor {
  readonly position: number;
  readonly frame: Frames;
}

/** Anchors kept: the buffer holds a few seconds, and nothing older is asked for. */
const kAnchors = 8;

/** Which stream frame lies at which position of the player's buffer. */
export class Anchors {
  private readonly anchors: Anchor[] = [];

  /** Positions never go back; of two anchors at one position the later holds. */
  add(anchor: Anchor): void {
    if (this.anchors.at(-1)?.position === anchor.position) {
      this.anchors.pop();
    }
    this.anchors.push(anchor);
    if (this.anchors.length > kAnchors) {
      this.anchors.shift();
    }
  }

  /** Stream frame at a position, fractions kept; null where none is known. */
  frameAt(position: number): Frames | null {
    for (let i = this.anchors.length - 1; i >= 0; --i) {
      const anchor = this.anchors[i];
      if (anchor !== undefined && anchor.position <= position) {
        return anchor.frame + (position - anchor.position);
      }
    }
    return null;
  }
}
