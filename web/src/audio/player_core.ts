// SPDX-License-Identifier: Apache-2.0
import { clamp } from "../units";
import { DriftController } from "./drift";
import { hermite } from "./hermite";
import type { FrameRing } from "./ring";

export type PlayerState = "filling" | "playing";

/** Long enough not to click, short enough to be found in the last frames of a starving buffer. */
const kFadeSeconds = 0.006;
/** Two passages are laid over each other for this long when sound has to be left out. */
const kSpliceSeconds = 0.03;
/** More than this over target is left out, not played off at 0.5 %: after a stall that would take a minute. */
const kSpliceAboveSeconds = 0.15;
/** Right after a start there is nothing to be careful of yet, and the rest of a burst makes it late for good. */
const kStartSpliceAboveSeconds = 0.03;
const kStartSeconds = 1.5;
const kStartSettleSeconds = 0.25;
/** A target is lowered at this pace, which the drift correction can follow; raised, it holds at once. */
const kLowerPerSecond = 0.004;
/** The buffer's fill is a sawtooth of chunks; its mean over about a second is what the controller sees. */
const kFillSmoothing = 1.0;
const kStartFillSmoothing = 0.1;
/** Interpolation reads one frame back and two ahead. */
const kAhead = 3;

/**
 * Plays a ring of stream frames at the sound card's rate.
 *
 * Resamples by a ratio that bends by up to 0.5 % to keep the buffer at its target; fades out before the buffer runs
 * dry, waits until it is full to the target again, and fades in. Knows nothing of worklets, so that it is tested
 * without one. Thread: the audio thread, once made. Allocates nothing after construction.
 */
export class PlayerCore {
  /** Stream frames consumed, ever; a double counts them for two thousand centuries. */
  position = 0;
  underruns = 0;
  splices = 0;
  state: PlayerState = "filling";
  /** False while the station is silent by request: an empty buffer is then no underrun. */
  expectSound = true;

  private readonly drift = new DriftController();
  private readonly nominal: number;
  private readonly fadeFrames: number;
  private readonly spliceFrames: number;
  private goal: number;
  private target: number;
  private ratio: number;
  private phase = 0;
  private gain = 0;
  private fading = false;
  private smoothedFill = 0;
  private sinceStart = 0;
  private dropTo: number | null = null;
  private spliceLeft = 0;
  private spliceBy = 0;

  /**
   * @param streamRate of the frames in the ring
   * @param outputRate of the sound card
   * @param target stream frames to hold
   */
  constructor(
    private readonly ring: FrameRing,
    private readonly streamRate: number,
    private readonly outputRate: number,
    target: number,
  ) {
    this.nominal = streamRate / outputRate;
    this.ratio = this.nominal;
    this.fadeFrames = Math.ceil(kFadeSeconds * outputRate);
    this.spliceFrames = Math.ceil(kSpliceSeconds * outputRate);
    this.goal = target;
    this.target = target;
  }

  /** Stream frames consumed per output frame. */
  get pace(): number {
    return this.ratio;
  }

  /** Mean fill of the buffer in stream frames. */
  get fill(): number {
    return this.state === "playing" ? this.smoothedFill : this.ring.available();
  }

  setTarget(frames: number): void {
    this.goal = frames;
    this.target = this.state === "filling" ? frames : Math.max(this.target, frames);
  }

  /** Fades out and leaves out everything before stream frame count `position` (as written, ever). */
  dropBefore(position: number): void {
    // The order may come when what it means has been played already.
    if (position > this.position) {
      this.dropTo = position;
    }
  }

  /** Fills one block of output; silence while there is nothing to play. */
  process(left: Float32Array, right: Float32Array): void {
    const frames = left.length;
    if (this.state === "filling") {
      this.drop();
      if (this.ring.available() < this.target) {
        left.fill(0);
        right.fill(0);
        return;
      }
      // A burst may have brought more than was asked for: start at the target, not behind it.
      this.advance(this.ring.available() - this.target);
      this.state = "playing";
      this.fading = false;
      this.gain = 0;
      this.smoothedFill = this.target;
      this.sinceStart = 0;
      this.drift.rest();
    }
    const available = this.ring.available();
    const elapsed = frames / this.outputRate;
    this.sinceStart += elapsed;
    const smoothing = this.sinceStart < kStartSeconds ? kStartFillSmoothing : kFillSmoothing;
    this.smoothedFill += (available - this.smoothedFill) * Math.min(1, elapsed / smoothing);
    this.steer(elapsed);
    const reserve = Math.ceil(this.fadeFrames * this.ratio) + kAhead;
    const spliceReserve = this.spliceLeft > 0 ? this.spliceBy : 0;
    const after = available - spliceReserve - Math.ceil(this.phase + this.ratio * frames);
    if (!this.fading && (after < reserve || this.dropTo !== null)) {
      this.fading = true;
    }
    this.render(left, right, frames);
    if (this.fading && this.gain <= 0) {
      this.ended();
    }
  }

  private steer(elapsed: number): void {
    this.target = Math.max(this.goal, this.target - kLowerPerSecond * elapsed * this.streamRate);
    const excess = (this.smoothedFill - this.target) / this.streamRate;
    this.ratio = this.nominal * (1 + this.drift.update(excess, elapsed));
    const held = this.ring.available() - this.target;
    const starting = this.sinceStart > kStartSettleSeconds && this.sinceStart < kStartSeconds;
    const limit = starting ? kStartSpliceAboveSeconds : kSpliceAboveSeconds;
    if (this.spliceLeft === 0 && !this.fading && excess > limit && held > limit * this.streamRate) {
      this.spliceBy = Math.floor(held);
      this.spliceLeft = this.spliceFrames;
      this.splices += 1;
    }
  }

  private render(left: Float32Array, right: Float32Array, frames: number): void {
    const step = 1 / this.fadeFrames;
    const ring = this.ring;
    for (let i = 0; i < frames; ++i) {
      this.gain = clamp(this.gain + (this.fading ? -step : step), 0, 1);
      if (this.fading && this.gain === 0) {
        left[i] = 0;
        right[i] = 0;
        continue;
      }
      const t = this.phase;
      let l = hermite(ring.peek(-1, 0), ring.peek(0, 0), ring.peek(1, 0), ring.peek(2, 0), t);
      let r = hermite(ring.peek(-1, 1), ring.peek(0, 1), ring.peek(1, 1), ring.peek(2, 1), t);
      if (this.spliceLeft > 0) {
        const by = this.spliceBy;
        const mix = 1 - this.spliceLeft / this.spliceFrames;
        l += mix * (hermite(ring.peek(by - 1, 0), ring.peek(by, 0), ring.peek(by + 1, 0), ring.peek(by + 2, 0), t) - l);
        r += mix * (hermite(ring.peek(by - 1, 1), ring.peek(by, 1), ring.peek(by + 1, 1), ring.peek(by + 2, 1), t) - r);
        this.spliceLeft -= 1;
        if (this.spliceLeft === 0) {
          this.advance(by);
          this.smoothedFill = this.target;
        }
      }
      // A raised cosine: no corner where the fade begins or ends.
      const g = this.gain === 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * this.gain);
      left[i] = l * g;
      right[i] = r * g;
      this.phase += this.ratio;
      const whole = Math.floor(this.phase);
      this.phase -= whole;
      this.advance(whole);
    }
  }

  private ended(): void {
    if (this.dropTo === null && this.expectSound) {
      this.underruns += 1;
    }
    this.fading = false;
    this.state = "filling";
    this.spliceLeft = 0;
    this.phase = 0;
    this.drop();
  }

  private drop(): void {
    if (this.dropTo !== null) {
      this.advance(Math.min(Math.max(0, this.dropTo - this.position), this.ring.available()));
      this.dropTo = null;
    }
  }

  private advance(frames: number): void {
    if (frames > 0) {
      this.ring.skip(frames);
      this.position += frames;
    }
  }
}
