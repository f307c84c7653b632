// SPDX-License-Identifier: Apache-2.0
import type { PresetDocument, StationDocument } from "../protocol/generated/messages";
import { fetchPresets, fetchStations } from "../transport/api";

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
}
