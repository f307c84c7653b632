// SPDX-License-Identifier: Apache-2.0
import type { Seconds } from "../units";
import { clamp } from "../units";

/** The furthest the pace is bent, 0.5 %: under nine cents. */
export const kMaxCorrection = 0.005;

/** A full buffer error of a second asks for 5 %, so that errors beyond 100 ms saturate; time constant 20 s. */
const kProportional = 0.05;
/** Damping just above critical: kProportional / (2 sqrt(kIntegral)) = 1.02. */
const kIntegral = 0.0006;
/** No more than 0.1 % of pace a second: a glide nobody hears. */
const kSlewPerSecond = 0.001;

/**
 * Keeps the buffer at its target by playing a little faster or slower: the sound card's clock and the server's are
 * never quite the same.
 *
 * A slow PI controller: the integral finds the clocks' difference, the proportional part closes what is left.
 * Thread: one owner. Allocates nothing.
 */
export class DriftController {
  private integral = 0;
  private pace = 0;

  /**
   * @param excess how much more than its target the buffer holds
   * @param elapsed since the last call
   * @returns by how much to speed up, within ± kMaxCorrection
   */
  update(excess: Seconds, elapsed: Seconds): number {
    const wanted = kProportional * excess + this.integral;
    // No wind-up: what cannot be acted on is not summed.
    if (Math.abs(wanted) < kMaxCorrection) {
      this.integral = clamp(this.integral + kIntegral * excess * elapsed, -kMaxCorrection, kMaxCorrection);
    }
    const bounded = clamp(wanted, -kMaxCorrection, kMaxCorrection);
    const step = kSlewPerSecond * elapsed;
    this.pace = clamp(this.pace + clamp(bounded - this.pace, -step, step), -kMaxCorrection, kMaxCorrection);
    return this.pace;
  }

  /** Forgets the moment's correction, not the clocks' difference it has learnt. */
  rest(): void {
    this.pace = this.integral;
  }
}
