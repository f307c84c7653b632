// SPDX-License-Identifier: Apache-2.0
import type { Scope } from "../scope";

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width: number;
  height: number;
}

/** Above this many device pixels a CSS pixel nobody sees the difference. */
const kMostDense = 2;
/** Soft shapes need no more; a 4K screen would ask for twice as many. */
const kMostPixels = 2_200_000;

/** A 2D canvas that stays as sharp as the screen, in CSS pixels. */
export function surfaceOf(canvas: HTMLCanvasElement, scope: Scope, resized: () => void = () => undefined): Surface | null {
  const context = canvas.getContext("2d");
  if (context === null) {
    return null;
  }
  const surface: Surface = { context, width: 1, height: 1 };
  const fit = (): void => {
    surface.width = Math.max(1, canvas.clientWidth);
    surface.height = Math.max(1, canvas.clientHeight);
    const density = Math.min(devicePixelRatio, kMostDense, Math.sqrt(kMostPixels / (surface.width * surface.height)));
    canvas.width = Math.round(surface.width * density);
    canvas.height = Math.round(surface.height * density);
    context.setTransform(density, 0, 0, density, 0, 0);
    resized();
  };
  scope.resized(canvas, fit);
  fit();
  return surface;
}
