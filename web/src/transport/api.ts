// SPDX-License-Identifier: Apache-2.0
import type { PresetDocument, Result, StationDocument } from "../protocol/generated/messages";
import { parseErrorDocument, parsePresetDocument, parseStationDocument } from "../protocol/generated/messages";

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

/** The server said no. */
export class Refusal extends Error {
  /** @param status HTTP status; 0 where no answer came at all */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** @throws Refusal with the server's own words where it has any */
async function ask(path: string, method: "POST" | "PUT" | "DELETE", body?: unknown): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refusal(0, "the server cannot be reached");
  }
  if (answer.ok) {
    return answer;
  }
  const refused = parseErrorDocument(await answer.json().catch(() => null));
  throw new Refusal(answer.status, refused.ok ? refused.value.error.message : `the server answered ${answer.status}`);
}

/** Adds a preset; with `replace`, in place of one of that id. @throws Refusal; 409 where the id is taken */
export async function storePreset(preset: PresetDocument, replace: boolean): Promise<void> {
  await (replace ? ask(`/api/presets/${preset.id}`, "PUT", preset) : ask("/api/presets", "POST", preset));
}

/** @throws Refusal; 409 where it is built in */
export async function erasePreset(id: string): Promise<void> {
  await ask(`/api/presets/${id}`, "DELETE");
}
