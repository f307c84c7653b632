// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ClientMessage, ControlMessage, HelloMessage } from "../protocol/generated/messages";
import { Scope } from "../scope";
import { kNeutral } from "./neutral";
import type { Preferences } from "./preferences.svelte";
import { kDefaultSettings } from "./settings";
import type { Settings } from "./settings";
import { Steering } from "./steering.svelte";

const kHello: HelloMessage = {
  type: "hello", protocol: 1, station: "main", name: "Main", private: false, codec: "opus", sample_rate: 48_000, channels: 2,
  chunk_ms: 20, at: 0, seed: 7, transport: "play", preset: "focus", parameters: kNeutral,
};

let settings: Settings;
let open: boolean;
let said: ClientMessage[];
let scope: Scope;
let steering: Steering;

const controls = (): ControlMessage[] => said.filter((message) => message.type === "control");

beforeEach(() => {
  vi.useFakeTimers();
  settings = kDefaultSettings;
  open = true;
  said = [];
  scope = new Scope();
  const preferences = {
    get settings() {
      return settings;
    },
    remember: (change: Partial<Settings>) => {
      settings = { ...settings, ...change };
    },
  } as unknown as Preferences;
  steering = new Steering(preferences, { isOpen: () => open, say: (message) => said.push(message) }, scope, () => Date.now());
});

afterEach(() => {
  scope.close();
  vi.useRealTimers();
});

describe("Steering", () => {
  it("shows a change at once, remembers it, and sends it at the chosen grid", () => {
    steering.adjust("bpm", { bpm: 90 });
    expect(steering.desk.parameters.bpm).toBe(90);
    expect(settings.parameters?.bpm).toBe(90);
    expect(controls()).toEqual([{ type: "control", id: 1, grid: "beat", bpm: 90 }]);
  });

  it("lets a dragged slider speak twenty times a second, and its last word through", () => {
    for (let i = 0; i <= 10; ++i) {
      steering.adjust("bpm", { bpm: 60 + i });
    }
    expect(controls().length).toBe(1);
    vi.advanceTimersByTime(50);
    expect(controls().at(-1)?.bpm).toBe(70);
    expect(controls().length).toBe(2);
  });

  it("keeps what is asked for while there is no connection, and sends it when there is", () => {
    open = false;
    steering.adjust("bpm", { bpm: 90 });
    expect(said).toEqual([]);
    open = true;
    steering.greeted(kHello, false);
    expect(controls().at(-1)?.bpm).toBe(90);
  });

  it("takes the station's word once it has acknowledged", () => {
    steering.adjust("bpm", { bpm: 90 });
    steering.acknowledged({ type: "ack", id: 1, at: 0 });
    steering.stated({ type: "state", at: 0, transport: "pause", preset: "sleep", parameters: { ...kNeutral, bpm: 88 }, listeners: 1 });
    expect(steering.desk.parameters.bpm).toBe(88);
    expect(steering.transport).toBe("pause");
    expect(settings.preset).toBe("sleep");
  });

  it("takes a refused change back", () => {
    steering.adjust("bpm", { bpm: 90 });
    steering.refused({ type: "error", id: 1, code: "invalid_argument", message: "no" });
    expect(steering.desk.parameters.bpm).toBe(kNeutral.bpm);
  });

  it("starts a new private station from where the last one was", () => {
    settings = { ...settings, parameters: { ...kNeutral, key: "Eb" } };
    steering.greeted({ ...kHello, private: true }, true);
    expect(controls()[0]).toMatchObject({ grid: "now", key: "Eb" });
    expect(steering.desk.parameters.key).toBe("Eb");
  });

  it("holds a chord until it is let go", () => {
    steering.holdChord("Am");
    expect(steering.held).toBe("Am");
    expect(controls().at(-1)).toMatchObject({ grid: "beat", override: { chord: "Am", beats: 64 } });
    vi.advanceTimersByTime(1000);
    steering.holdChord(null);
    expect(steering.held).toBeNull();
    expect(controls().at(-1)).toMatchObject({ override: { chord: "Am", beats: 1 / 64 } });
  });

  it("asks again before the station would let go by itself", () => {
    steering.holdChord("Am");
    vi.advanceTimersByTime((32 * 60_000) / kNeutral.bpm);
    steering.tick();
    expect(controls().length).toBe(2);
    expect(controls().at(-1)).toMatchObject({ grid: "now", override: { chord: "Am", beats: 64 } });
  });

  it("lets go of a chord for another key or preset", () => {
    steering.holdChord("Am");
    vi.advanceTimersByTime(1000);
    steering.adjust("key", { key: "E" });
    expect(steering.held).toBeNull();
    expect(controls().at(-1)).toMatchObject({ key: "E", override: { chord: "Am", beats: 1 / 64 } });
  });

  it("says when somebody else took the harmony over", () => {
    steering.holdChord("Am");
    expect(steering.played("C")).toBe(false);
    expect(steering.played("Am")).toBe(false);
    expect(steering.played("F")).toBe(true);
    expect(steering.held).toBeNull();
  });
});
