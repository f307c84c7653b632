// SPDX-License-Identifier: Apache-2.0
import type { Scope } from "../scope";

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width: number;
  height: number;
}

/** Above this many device pixels a CSS pixel nobody sees the difference, and a 4K screen draws four times as many. */
const kMostDense = 2;

/** A 2D canvas that stays as sharp as the screen, in CSS pixels. */
export function surfaceOf(canvas: HTMLCanvasElement, scope: Scope, resized: () => void = () => undefined): Surface | null {
  const context = canvas.getContext("2d");
  if (context === null) {
    return null;
  }
  const surface: Surface = { context, width: 1, height: 1 };
  const fit = (): void => {
    const density = Math.min(devicePixelRatio, kMostDense);
    surface.width = Math.max(1, canvas.clientWidth);
    surface.height = Math.max(1, canvas.clientHeight);
    canvas.width = Math.round(surface.width * density);
    canvas.height = Math.round(surface.height * density);
    context.setTransform(density, 0, 0, density, 0, 0);
    resized();
  };
  scope.resized(canvas, fit);
  fit();
  return surface;
}
