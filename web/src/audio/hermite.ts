// SPDX-License-Identifier: Apache-2.0

/**
 * Value at `t` in [0, 1) between x0 and x1, by the cubic Hermite spline with Catmull-Rom tangents.
 *
 * Exact for polynomials up to the second degree. Form: O. Niemitalo, "Polynomial Interpolators for High-Quality
 * Resampling of Oversampled Audio", 2001, 4-point 3rd-order Hermite, x-form.
 */
export function hermite(before: number, x0: number, x1: number, after: number, t: number): number {
  const c1 = 0.5 * (x1 - before);
  const c2 = before - 2.5 * x0 + 2 * x1 - 0.5 * after;
  const c3 = 0.5 * (after - before) + 1.5 * (x0 - x1);
  return ((c3 * t + c2) * t + c1) * t + x0;
}
