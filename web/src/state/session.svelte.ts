// SPDX-License-Identifier: Apache-2.0
import type { DecoderName } from "../audio/decoder";
import { AudioEngine } from "../audio/engine";
import { sharesClock } from "../audio/latency";
import type { StreamEvent } from "../audio/receiver_protocol";
import type { Received } from "../audio/reception";
import { Reception, startReceiverThread } from "../audio/reception";
import type { StreamPlayer } from "../audio/stream_player";
import type {
  Grid, HelloMessage, PresetDocument, ServerMessage, StationDocument, TransportState,
} from "../protocol/generated/messages";
import { Scope } from "../scope";
import { fetchPresets, fetchStations } from "../transport/api";
import type { LinkState } from "../transport/connection";
import type { Frames, Milliseconds } from "../units";
import { msToFrames } from "../units";
import type { Change } from "./changes";
import { changeTo, merge } from "./changes";
import { Desk } from "./desk.svelte";
import type { Figures } from "./gauge";
import { Gauge, kNoFigures } from "./gauge";
import { kNeutral } from "./neutral";
import type { Settings } from "./settings";
import { loadPrivateStation, loadSettings, savePrivateStation, saveSettings } from "./settings";
import { Throttle } from "./throttle";
import { Timeline } from "./timeline";

export type Listening = "stopped" | "starting" | "playing" | "failed";

/** What may be asked for in the page's address; for tests and for finding faults. */
export interface Overrides {
  readonly decoder: "any" | "wasm";
  readonly sharedMemory: boolean;
}

export function parseOverrides(query: URLSearchParams): Overrides {
  return {
    decoder: query.get("decoder") === "wasm" ? "wasm" : "any",
    sharedMemory: query.get("memory") !== "messages",
  };
}

const kFiguresEveryMs = 250;
const kSaveAfterMs = 400;
/** Heard events are kept this long, for the piano roll. */
const kPastSeconds = 40;
const kFadeOutMs = 150;
const kComplaintMs = 8000;

/**
 * Everything between the page and its station: one receiver, one player, and what they say.
 *
 * Views read its signals and call its actions; they hold no state of their own that matters.
 */
export class Session {
  readonly timeline = new Timeline();

  listening: Listening = $state("stopped");
  link: LinkState = $state.raw({ state: "closed" });
  hello: HelloMessage | null = $state.raw(null);
  transport: TransportState = $state("play");
  listeners: number | null = $state(null);
  figures: Figures = $state.raw(kNoFigures);
  decoder: DecoderName | null = $state(null);
  presets: readonly PresetDocument[] = $state.raw([]);
  stations: readonly StationDocument[] = $state.raw([]);
  /** The preset shown as chosen. */
  preset: string = $state("focus");
  /** Said to a screen reader. */
  announcement = $state("");
  /** Something the listener must see; gone after a while. */
  complaint: string | null = $state(null);
  settings: Settings = $state.raw(loadSettings());
  readonly desk: Desk;

  private readonly scope = new Scope();
  private readonly throttle = new Throttle<{ key: string; change: Change }>();
  private readonly gauge = new Gauge(sharesClock(location.hostname));
  private engine: AudioEngine | null = null;
  private reception: Reception | null = null;
  private player: StreamPlayer | null = null;
  private privateStation: string | null = loadPrivateStation();
  /** Counts starts and stops, so that what was begun before the last one can tell. */
  private run = 0;
  private flushing: (() => void) | null = null;
  private saving: (() => void) | null = null;
  private nextId = 1;
  private silencing: (() => void) | null = null;

  constructor(private readonly overrides: Overrides) {
    this.desk = new Desk(this.settings.parameters ?? kNeutral);
    this.preset = this.settings.preset;
    this.scope.every(kFiguresEveryMs, () => { this.measure(); });
    this.scope.listen(window, "online", () => { this.reception?.retryNow(); });
    this.scope.listen(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") {
        this.reception?.retryNow();
        // A telephone call or a locked screen may have stopped the sound card.
        if (this.listening === "playing") {
          void this.engine?.resume();
        }
      }
    });
    this.scope.listen(window, "pagehide", () => { saveSettings(this.settings); });
    this.takeMediaKeys();
    void this.refreshLists();
  }

  // ---- what views draw ----------------------------------------------------------------------------------------

  /** Stream frame heard now; null while nothing plays. */
  heardFrame(): Frames | null {
    return this.engine?.heardFrame() ?? null;
  }

  get streamRate(): number {
    return this.player?.rate ?? 48_000;
  }

  get analyser(): AnalyserNode | null {
    return this.engine?.analyser ?? null;
  }

  /** Whether samples cross to the audio thread by shared memory; null before the first start. */
  get sharedMemory(): boolean | null {
    return this.engine?.shared ?? null;
  }

  get audioEngine(): AudioEngine | null {
    return this.engine;
  }

  get streamPlayer(): StreamPlayer | null {
    return this.player;
  }

  /** Stream frames that never came and were bridged by silence. */
  get lostFrames(): Frames {
    return this.gauge.lost;
  }

  /** Received sound of the last ten seconds that lies in stream frames [from, to). */
  received(from: Frames, to: Frames): Promise<Received> {
    return this.reception?.received(from, to) ?? Promise.resolve({ chunks: [], until: 0 });
  }

  // ---- listening ----------------------------------------------------------------------------------------------

  toggle(): void {
    if (this.listening === "stopped" || this.listening === "failed") {
      void this.start();
    } else {
      this.stop();
    }
  }

  /** Call from a user's gesture. */
  async start(): Promise<void> {
    this.listening = "starting";
    this.run += 1;
    try {
      await this.begin(this.run);
    } catch (error) {
      this.listening = "failed";
      this.complain(`This browser could not start the sound: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  stop(): void {
    this.listening = "stopped";
    this.run += 1;
    this.engine?.fadeOut();
    this.reception?.disconnect();
    this.link = { state: "closed" };
    this.scope.after(kFadeOutMs, () => {
      if (this.listening === "stopped") {
        // The next start begins with the present, not with what is left in the buffer.
        this.reception?.leave();
        void this.engine?.suspend();
      }
    });
    this.say("Stopped");
  }

  // ---- what the listener asks for -----------------------------------------------------------------------------

  /** Changes what is played; `key` names the control that asks. */
  adjust(key: string, change: Change): void {
    this.desk.wish(key, change, performance.now());
    this.throttle.offer(key, { key, change });
    this.remember({ parameters: this.desk.parameters });
    this.flush();
  }

  choosePreset(id: string): void {
    const preset = this.presets.find((p) => p.id === id);
    this.preset = id;
    this.desk.forgetWishes();
    this.throttle.offer("preset", { key: "preset", change: { preset: id } });
    if (preset !== undefined) {
      this.desk.wish("preset", changeTo(preset.parameters), performance.now());
    }
    this.remember({ preset: id, parameters: this.desk.parameters });
    this.flush();
  }

  /** Pauses or goes on with the music itself, for everybody who hears this station. */
  setTransport(transport: TransportState): void {
    this.transport = transport;
    this.throttle.offer("transport", { key: "transport", change: { transport } });
    this.flush();
  }

  setGrid(grid: Grid): void {
    this.remember({ grid });
  }

  setVolume(volume: number): void {
    this.remember({ volume, muted: false });
    this.applyVolume();
  }

  toggleMute(): void {
    this.remember({ muted: !this.settings.muted });
    this.applyVolume();
    this.say(this.settings.muted ? "Muted" : "Sound on");
  }

  setTheme(theme: Settings["theme"]): void {
    this.remember({ theme });
  }

  setStation(station: string): void {
    if (station !== this.settings.station) {
      this.remember({ station });
      this.reopen();
    }
  }

  setCodec(codec: Settings["codec"]): void {
    if (codec !== this.settings.codec) {
      this.remember({ codec });
      this.reopen();
    }
  }

  async refreshLists(): Promise<void> {
    const [presets, stations] = await Promise.allSettled([fetchPresets(), fetchStations()]);
    if (presets.status === "fulfilled") {
      this.presets = presets.value;
    }
    if (stations.status === "fulfilled") {
      this.stations = stations.value.filter((station) => !station.private);
      const chosen = this.stations.find((station) => station.id === this.settings.station);
      if (chosen !== undefined && this.hello === null) {
        // Nobody has pressed play yet: show what there is to hear.
        this.desk.state(chosen.parameters);
        this.preset = chosen.preset;
      }
    }
  }

  close(): void {
    this.reception?.close();
    this.scope.close();
  }

  // ---- inside -------------------------------------------------------------------------------------------------

  private async begin(run: number): Promise<void> {
    this.engine ??= await AudioEngine.create(this.overrides.sharedMemory);
    await this.engine.resume();
    this.applyVolume();
    // The listener may have pressed stop meanwhile, and play again.
    if (run === this.run) {
      this.openStream();
    }
  }

  /** Keyboards, headsets and lock screens have keys of their own for play and stop. */
  private takeMediaKeys(): void {
    if (!("mediaSession" in navigator)) {
      return;
    }
    navigator.mediaSession.metadata = new MediaMetadata({ title: "Music that never repeats", artist: "Auralis" });
    navigator.mediaSession.setActionHandler("play", () => void this.start());
    for (const action of ["pause", "stop"] as const) {
      navigator.mediaSession.setActionHandler(action, () => { this.stop(); });
    }
  }

  private reopen(): void {
    if (this.reception?.isOpen === true) {
      this.openStream();
    }
  }

  private openStream(): void {
    this.reception ??= new Reception(startReceiverThread(), (event) => { this.told(event); }, (reason) => {
      this.listening = "failed";
      this.complain(`This browser could not receive the sound: ${reason}`);
    });
    this.reception.open({
      page: location.href,
      station: this.settings.station,
      preset: this.settings.preset,
      resume: this.privateStation,
      codec: this.settings.codec,
      decoder: this.overrides.decoder,
    });
  }

  private told(event: StreamEvent): void {
    switch (event.type) {
      case "decoder":
        this.decoder = event.name;
        break;
      case "link":
        this.linked(event.link);
        break;
      case "message":
        this.heard(event.message, event.arrived, event.continues);
        break;
      case "refused":
        if (event.code === 4004) {
          this.privateStation = null;
        }
        break;
      case "anchor":
        this.player?.anchored(event.anchor);
        break;
      case "report":
        this.gauge.reported(event.report);
        break;
    }
  }

  private linked(link: LinkState): void {
    const before = this.link.state;
    this.link = link;
    if (link.state === "open") {
      if (this.gauge.reconnects > 0 || before === "waiting") {
        void this.refreshLists();
      }
    } else if (link.state === "waiting" && before === "open") {
      this.gauge.reconnects += 1;
      this.say(`Offline: ${link.reason}. Trying again.`);
    }
  }

  private heard(message: ServerMessage, arrived: Milliseconds, continues: boolean): void {
    switch (message.type) {
      case "hello":
        this.greeted(message, continues);
        break;
      case "audio":
        // The receiver keeps the sound to itself.
        break;
      case "notes":
        this.timeline.addNotes(message.notes);
        break;
      case "chord":
        this.timeline.addChord(message);
        break;
      case "beat":
        this.timeline.addBeat(message);
        break;
      case "state":
        this.desk.state(message.parameters);
        this.preset = message.preset;
        this.transport = message.transport;
        this.listeners = message.listeners;
        this.remember({ parameters: this.desk.parameters, preset: message.preset });
        break;
      case "ack":
        if (message.id !== undefined) {
          this.desk.acknowledged(message.id);
        }
        break;
      case "pong":
        this.gauge.roundTrip = arrived - message.t;
        break;
      case "error":
        if (message.id !== undefined) {
          this.desk.refused(message.id);
        }
        this.complain(message.message);
        break;
    }
  }

  private greeted(hello: HelloMessage, continues: boolean): void {
    const engine = this.engine;
    if (engine === null) {
      return;
    }
    const fresh = hello.private && this.privateStation !== hello.station;
    this.hello = hello;
    const former = this.player;
    this.player = engine.playerFor(hello.sample_rate, msToFrames(this.gauge.target, hello.sample_rate));
    if (former !== this.player) {
      this.gauge.playerReplaced();
      this.reception?.give(this.player.outlet);
    }
    if (!continues) {
      this.timeline.clear();
      this.gauge.forget();
    }
    this.transport = hello.transport;
    this.preset = hello.preset;
    if (fresh) {
      this.privateStation = hello.station;
      savePrivateStation(hello.station);
    }
    this.desk.state(hello.parameters);
    if (fresh && this.settings.parameters !== null) {
      // A new private station continues where this listener's last one was.
      const change = changeTo(this.settings.parameters);
      this.desk.wish("all", change, performance.now());
      this.sendControl([{ key: "all", change }], "now");
    }
    this.listening = "playing";
    this.say(`Connected to ${hello.name}`);
    this.flush();
  }

  /** Sends what is due, and comes back for what is not yet. */
  private flush(): void {
    if (this.link.state !== "open" || this.hello === null) {
      return;
    }
    const now = performance.now();
    const due = this.throttle.due(now);
    if (due.length > 0) {
      this.sendControl(due, this.settings.grid);
    }
    const wait = this.throttle.wait(now);
    if (wait !== null && this.flushing === null) {
      this.flushing = this.scope.after(wait, () => {
        this.flushing = null;
        this.flush();
      });
    }
  }

  private sendControl(parts: readonly { key: string; change: Change }[], grid: Grid): void {
    const id = this.nextId;
    this.nextId += 1;
    const change = parts.reduce<Change>((sum, part) => merge(sum, part.change), {});
    this.reception?.say({ type: "control", id, grid, ...change });
    this.desk.sent(parts.map((part) => part.key), id);
  }

  private measure(): void {
    const now = performance.now();
    this.desk.tire(now);
    const player = this.player;
    const reading = player?.reading() ?? null;
    if (player === null || reading === null) {
      return;
    }
    const heard = this.heardFrame();
    this.gauge.took(reading, { now, epoch: Date.now(), heard });
    if (heard !== null) {
      this.timeline.forgetBefore(heard - kPastSeconds * player.rate);
    }
    this.figures = this.gauge.figures(reading, player.rate);
  }

  private applyVolume(): void {
    this.engine?.setVolume(this.settings.muted ? 0 : this.settings.volume);
  }

  private remember(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    this.saving ??= this.scope.after(kSaveAfterMs, () => {
      this.saving = null;
      saveSettings(this.settings);
    });
  }

  private say(text: string): void {
    this.announcement = text;
  }

  private complain(text: string): void {
    this.say(text);
    this.complaint = text;
    this.silencing?.();
    this.silencing = this.scope.after(kComplaintMs, () => { this.complaint = null; });
  }
}
