// SPDX-License-Identifier: Apache-2.0
import type { DecoderName } from "../audio/decoder";
import { AudioEngine } from "../audio/engine";
import { sharesClock } from "../audio/latency";
import type { StreamEvent } from "../audio/receiver_protocol";
import type { Received } from "../audio/reception";
import { Reception, startReceiverThread } from "../audio/reception";
import type { StreamPlayer } from "../audio/stream_player";
import type { HelloMessage, ServerMessage } from "../protocol/generated/messages";
import { Scope } from "../scope";
import type { LinkState } from "../transport/connection";
import type { Frames, Milliseconds } from "../units";
import { msToFrames } from "../units";
import type { Figures } from "./gauge";
import { Gauge, kNoFigures } from "./gauge";
import type { Outcome } from "./library.svelte";
import { Library } from "./library.svelte";
import { takeMediaKeys } from "./media_keys";
import { Notices } from "./notices.svelte";
import type { Overrides } from "./overrides";
import { Preferences } from "./preferences.svelte";
import type { Settings } from "./settings";
import { kDefaultSettings, loadPrivateStation, savePrivateStation } from "./settings";
import { Steering } from "./steering.svelte";
import { Timeline } from "./timeline";

export type Listening = "stopped" | "starting" | "playing" | "failed";

const kFiguresEveryMs = 250;
/** Heard events are kept this long, for the piano roll. */
const kPastSeconds = 40;
const kFadeOutMs = 150;

/**
 * Listening to a station: one receiver, one player, and what they say.
 *
 * Views read its signals and call its actions; they hold no state of their own that matters. What is asked of the
 * music is `steering`'s, what the listener likes `preferences`', what there is to choose from `library`'s.
 */
export class Session {
  private readonly scope = new Scope();
  readonly timeline = new Timeline();
  readonly notices = new Notices(this.scope);
  readonly preferences = new Preferences(this.scope);
  readonly library = new Library();
  readonly steering = new Steering(this.preferences, {
    isOpen: () => this.link.state === "open" && this.hello !== null,
    say: (message) => { this.reception?.say(message); },
  }, this.scope, () => performance.now());

  listening: Listening = $state("stopped");
  link: LinkState = $state.raw({ state: "closed" });
  hello: HelloMessage | null = $state.raw(null);
  listeners: number | null = $state(null);
  figures: Figures = $state.raw(kNoFigures);
  decoder: DecoderName | null = $state(null);

  private readonly gauge = new Gauge(sharesClock(location.hostname));
  private engine: AudioEngine | null = null;
  private reception: Reception | null = null;
  private player: StreamPlayer | null = null;
  private privateStation: string | null = loadPrivateStation();
  /** Counts starts and stops, so that what was begun before the last one can tell. */
  private run = 0;

  constructor(private readonly overrides: Overrides) {
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
    takeMediaKeys(() => void this.start(), () => { this.stop(); });
    void this.refreshLists();
  }

  // ---- what views draw ----------------------------------------------------------------------------------------

  get settings(): Settings {
    return this.preferences.settings;
  }

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

  // ---- for the diagnostics ------------------------------------------------------------------------------------

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
      this.notices.complain(`This browser could not start the sound: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  stop(): void {
    this.listening = "stopped";
    this.run += 1;
    this.engine?.fadeOut();
    this.steering.holdChord(null);
    this.reception?.disconnect();
    this.link = { state: "closed" };
    this.scope.after(kFadeOutMs, () => {
      if (this.listening === "stopped") {
        // The next start begins with the present, not with what is left in the buffer.
        this.reception?.leave();
        void this.engine?.suspend();
      }
    });
    this.notices.say("Stopped");
  }

  choosePreset(id: string): void {
    this.steering.choosePreset(id, this.library.preset(id));
  }

  /** Saves what the controls show as a preset of the listener's own, and chooses it. */
  async savePreset(name: string, replace: boolean): Promise<Outcome> {
    const { desk, preset } = this.steering;
    const outcome = await this.library.save(name, desk.parameters, preset, replace);
    if (outcome.ok) {
      this.choosePreset(outcome.id);
      this.notices.say(`Saved as ${name.trim()}`);
    }
    return outcome;
  }

  async deletePreset(id: string): Promise<Outcome> {
    const name = this.library.preset(id)?.name ?? id;
    const outcome = await this.library.remove(id);
    if (outcome.ok) {
      this.notices.say(`${name} is deleted`);
    }
    return outcome;
  }

  setVolume(volume: number): void {
    this.preferences.remember({ volume, muted: false });
    this.applyVolume();
  }

  toggleMute(): void {
    this.preferences.remember({ muted: !this.settings.muted });
    this.applyVolume();
    this.notices.say(this.settings.muted ? "Muted" : "Sound on");
  }

  setStation(station: string): void {
    if (station !== this.settings.station) {
      this.preferences.remember({ station });
      this.reopen();
    }
  }

  setCodec(codec: Settings["codec"]): void {
    if (codec !== this.settings.codec) {
      this.preferences.remember({ codec });
      this.reopen();
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

  private async refreshLists(): Promise<void> {
    await this.library.refresh();
    const chosen = this.library.station(this.settings.station);
    if (chosen !== null && this.hello === null) {
      // Nobody has pressed play yet: show what there is to hear.
      this.steering.desk.state(chosen.parameters);
      this.steering.preset = chosen.preset;
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
      this.notices.complain(`This browser could not receive the sound: ${reason}`);
    });
    const { station, codec } = this.settings;
    const { presets } = this.library;
    // The preset chosen last may have been deleted since.
    const gone = presets.length > 0 && this.library.preset(this.settings.preset) === null;
    const preset = gone ? kDefaultSettings.preset : this.settings.preset;
    const { decoder } = this.overrides;
    this.reception.open({ page: location.href, station, preset, resume: this.privateStation, codec, decoder });
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
      this.notices.say(`Offline: ${link.reason}. Trying again.`);
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
        if (this.steering.played(message.chord)) {
          this.notices.say("The harmony is composed again");
        }
        break;
      case "beat":
        this.timeline.addBeat(message);
        break;
      case "state":
        this.steering.stated(message);
        this.listeners = message.listeners;
        break;
      case "ack":
        this.steering.acknowledged(message);
        break;
      case "pong":
        this.gauge.roundTrip = arrived - message.t;
        break;
      case "error":
        this.steering.refused(message);
        this.notices.complain(message.message);
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
      this.steering.left();
      this.timeline.clear();
      this.gauge.forget();
    }
    if (fresh) {
      this.privateStation = hello.station;
      savePrivateStation(hello.station);
    }
    this.listening = "playing";
    this.notices.say(`Connected to ${hello.name}`);
    this.steering.greeted(hello, fresh);
  }

  private measure(): void {
    const now = performance.now();
    this.steering.tick();
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
}
