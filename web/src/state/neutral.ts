// SPDX-License-Identifier: Apache-2.0
import type { Parameters } from "../protocol/generated/messages";

/** What the controls show before any station has said anything. */
export const kNeutral: Parameters = {
  key: "C",
  mode: "ionian",
  bpm: 64,
  intensity: 0.4,
  density: 0.4,
  brightness: 0.5,
  humanise: 0.6,
  layers: {
    piano: { level: 1, muted: false },
    pad: { level: 1, muted: false },
    bass: { level: 1, muted: false },
    bells: { level: 1, muted: false },
    percussion: { level: 1, muted: false },
  },
};
