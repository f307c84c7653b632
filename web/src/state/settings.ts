// SPDX-License-Identifier: Apache-2.0
import type { Codec, Grid, Parameters } from "../protocol/generated/messages";
import { parseCodec, parseGrid, parseParameters } from "../protocol/generated/messages";

export type Theme = "auto" | "dark" | "light";

/** What the page remembers between visits. */
export interface Settings {
  readonly volume: number;
  readonly muted: boolean;
  readonly theme: Theme;
  /** A shared station's id, or `private`. */
  readonly station: string;
  readonly codec: Codec | "auto";
  readonly grid: Grid;
  /** What was asked for last; a new private station starts from it. */
  readonly parameters: Parameters | null;
  readonly preset: string;
}

export const kDefaultSettings: Settings = {
  volume: 0.8,
  muted: false,
  theme: "auto",
  station: "main",
  codec: "auto",
  grid: "beat",
  parameters: null,
  preset: "focus",
};

const kKey = "auralis.settings";
const kVersion = 1;
const kStation = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Takes what is sound of a stored value, field by field; the rest is as on a first visit. */
export function parseSettings(text: string | null): Settings {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? "null");
  } catch {
    return kDefaultSettings;
  }
  if (typeof stored !== "object" || stored === null) {
    return kDefaultSettings;
  }
  const fields = stored as Readonly<Record<string, unknown>>;
  if (fields["version"] !== kVersion) {
    return kDefaultSettings;
  }
  const { volume, muted, theme, station, codec, grid, parameters, preset } = fields;
  const soundCodec = parseCodec(codec);
  const soundGrid = parseGrid(grid);
  const soundParameters = parseParameters(parameters);
  return {
    volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : kDefaultSettings.volume,
    muted: typeof muted === "boolean" ? muted : kDefaultSettings.muted,
    theme: theme === "dark" || theme === "light" ? theme : kDefaultSettings.theme,
    station: typeof station === "string" && kStation.test(station) ? station : kDefaultSettings.station,
    codec: soundCodec.ok ? soundCodec.value : kDefaultSettings.codec,
    grid: soundGrid.ok ? soundGrid.value : kDefaultSettings.grid,
    parameters: soundParameters.ok ? soundParameters.value : kDefaultSettings.parameters,
    preset: typeof preset === "string" && kStation.test(preset) ? preset : kDefaultSettings.preset,
  };
}

export function formatSettings(settings: Settings): string {
  return JSON.stringify({ version: kVersion, ...settings });
}

export function loadSettings(): Settings {
  try {
    return parseSettings(localStorage.getItem(kKey));
  } catch {
    // Storage is forbidden here: every visit is the first.
    return kDefaultSettings;
  }
}

const kPrivateKey = "auralis.private-station";

/** The private station this tab had, so that a reload goes on with its music; null on a first visit. */
export function loadPrivateStation(): string | null {
  try {
    const stored = sessionStorage.getItem(kPrivateKey);
    return stored !== null && kStation.test(stored) ? stored : null;
  } catch {
    return null;
  }
}

export function savePrivateStation(station: string): void {
  try {
    sessionStorage.setItem(kPrivateKey, station);
  } catch {
    // Forbidden: a reload starts another private station from the same settings.
  }
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(kKey, formatSettings(settings));
  } catch {
    // Forbidden or full: the settings last as long as the page.
  }
}
