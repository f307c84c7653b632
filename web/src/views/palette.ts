// SPDX-License-Identifier: Apache-2.0
import type { LayerName } from "../protocol/generated/messages";

export interface Palette {
  readonly dark: boolean;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly layers: Readonly<Record<LayerName, string>>;
}

/**
 * The style sheet's colours, for canvases. Read when they change, not each frame.
 * @param dark which set is in force
 */
export function readPalette(dark: boolean): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    dark,
    ink: of("--ink"),
    soft: of("--soft"),
    line: of("--line"),
    layers: { piano: of("--piano"), pad: of("--pad"), bass: of("--bass"), bells: of("--bells"), percussion: of("--percussion") },
  };
}
