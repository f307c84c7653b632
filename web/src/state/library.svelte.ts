// SPDX-License-Identifier: Apache-2.0
import type { Parameters, PresetDocument, StationDocument } from "../protocol/generated/messages";
import { Refusal, erasePreset, fetchPresets, fetchStations, storePreset } from "../transport/api";
import { presetId } from "./preset_id";

/** What became of a request to save or delete. */
export type Outcome =
  | { readonly ok: true; readonly id: string }
  /** @property replaceable whether the name belongs to a preset that may be replaced */
  | { readonly ok: false; readonly message: string; readonly replaceable: boolean };

const kTaken = 409;

/** What the server has to offer: presets and shared stations. */
export class Library {
  presets: readonly PresetDocument[] = $state.raw([]);
  stations: readonly StationDocument[] = $state.raw([]);

  preset(id: string): PresetDocument | null {
    return this.presets.find((preset) => preset.id === id) ?? null;
  }

  station(id: string): StationDocument | null {
    return this.stations.find((station) => station.id === id) ?? null;
  }

  /** A list that cannot be had stays as it was. */
  async refresh(): Promise<void> {
    const [presets, stations] = await Promise.allSettled([fetchPresets(), fetchStations()]);
    if (presets.status === "fulfilled") {
      this.presets = presets.value;
    }
    if (stations.status === "fulfilled") {
      this.stations = stations.value.filter((station) => !station.private);
    }
  }

  get ownPresets(): readonly PresetDocument[] {
    return this.presets.filter((preset) => preset.builtin !== true);
  }

  /** @param like the preset whose instruments and manner go with the parameters */
  async save(name: string, parameters: Parameters, like: string, replace: boolean): Promise<Outcome> {
    const trimmed = name.trim();
    const id = presetId(trimmed);
    const model = this.preset(like) ?? this.presets[0];
    if (id === null) {
      return { ok: false, message: "A name needs a letter from a to z or a digit.", replaceable: false };
    }
    if (model === undefined) {
      return { ok: false, message: "The server has not said yet which presets there are.", replaceable: false };
    }
    const outcome = await attempt(id, () => storePreset({ id, name: trimmed, parameters, character: model.character }, replace), () => {
      const there = this.preset(id);
      return there?.builtin === true
        ? { ok: false, message: `${there.name} is built in. Choose another name.`, replaceable: false }
        : { ok: false, message: `There is a preset called ${there?.name ?? trimmed} already.`, replaceable: true };
    });
    await this.refresh();
    return outcome;
  }

  async remove(id: string): Promise<Outcome> {
    const outcome = await attempt(id, () => erasePreset(id), () => ({
      ok: false, message: "A built-in preset cannot be deleted.", replaceable: false,
    }));
    await this.refresh();
    return outcome;
  }
}

async function attempt(id: string, act: () => Promise<void>, taken: () => Outcome): Promise<Outcome> {
  try {
    await act();
    return { ok: true, id };
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    return error.status === kTaken ? taken() : { ok: false, message: `That was refused: ${error.message}.`, replaceable: false };
  }
}
