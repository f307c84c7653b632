// SPDX-License-Identifier: Apache-2.0
import type { PresetDocument, Result, StationDocument } from "../protocol/generated/messages";
import { parsePresetDocument, parseStationDocument } from "../protocol/generated/messages";

/** Reads a list, bare or as the one array of an object; leaves out what is malformed. */
async function list<T>(path: string, field: string, parse: (value: unknown) => Result<T>): Promise<T[]> {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok) {
    throw new Error(`${path} answered ${answer.status}`);
  }
  const body: unknown = await answer.json();
  const items: unknown = Array.isArray(body) ? body : (body as Readonly<Record<string, unknown>> | null)?.[field];
  if (!Array.isArray(items)) {
    throw new Error(`${path} gave no list`);
  }
  return items.flatMap((item: unknown) => {
    const result = parse(item);
    return result.ok ? [result.value] : [];
  });
}

export function fetchPresets(): Promise<PresetDocument[]> {
  return list("/api/presets", "presets", parsePresetDocument);
}

export function fetchStations(): Promise<StationDocument[]> {
  return list("/api/stations", "stations", parseStationDocument);
}
