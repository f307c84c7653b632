// SPDX-License-Identifier: Apache-2.0
import { FileDeck } from "../audio/file_deck";
import type { AnalysisDocument, AnalysisStatus } from "../protocol/generated/messages";
import type { Peaks } from "../protocol/peaks";
import { Scope } from "../scope";
import { eraseAnalysis, fetchAnalyses, fetchPeaks, fetchResult, submitFile, watchAnalysis } from "../transport/analyses";
import { Refusal } from "../transport/api";
import type { Milliseconds, Seconds } from "../units";
import { Corrections, browserShelf } from "./corrections";
import type { Grid } from "./grid";
import { doubled, gridOf, halved, nearestBeat, resultOf, shifted, withDownbeat, withMetre } from "./grid";
import type { ExportFormat, TextFile } from "./grid_export";
import { exported } from "./grid_export";
import type { History } from "./history";
import { changed, historyOf, redone, undone } from "./history";

/** What the page is at. */
export type Phase =
  | { readonly kind: "idle" }
  | { readonly kind: "sending"; readonly name: string; readonly share: number }
  | { readonly kind: "waiting"; readonly status: AnalysisStatus }
  | { readonly kind: "fetching" }
  | { readonly kind: "refused"; readonly name: string; readonly message: string }
  | { readonly kind: "shown"; readonly id: string; readonly document: AnalysisDocument };

/** Whether the recording itself can be heard here. */
export type Hearing = "none" | "loading" | "ready" | "unplayable";

/** How long corrections rest before they are kept for the next visit. */
const kKeepAfterMs: Milliseconds = 150;

/** Analyses: sends recordings, follows their progress, shows what was found, and lets the beats be corrected. */
export class Studio {
  /** Null while it is not known whether this server analyses at all. */
  offered: boolean | null = $state(null);
  list: readonly AnalysisStatus[] = $state.raw([]);
  phase: Phase = $state.raw({ kind: "idle" });
  edits: History<Grid> = $state.raw(historyOf<Grid>({ beats: [], beatsPerBar: 0 }));
  hearing: Hearing = $state("none");
  playing = $state(false);
  clicking = $state(false);
  peaks: Peaks | null = $state.raw(null);
  /** Where the next start begins, for views that draw nothing every frame. */
  place: Seconds = $state(0);
  announcement = $state("");

  /** The analysis looked at. */
  private openId: string | null = null;
  /** What is done for the analysis looked at now; closed when another is. */
  private looking = new Scope();
  private deck: FileDeck | null = null;
  private volume = 1;
  /** The recordings of this visit, so that they can be heard without choosing them again. */
  private readonly files = new Map<string, File>();
  /** What was done in this visit, so that it can be taken back; what came of it is kept for the next. */
  private readonly corrected = new Map<string, History<Grid>>();
  private readonly corrections = new Corrections(browserShelf());
  private readonly scope = new Scope();
  private keeping: (() => void) | null = null;

  constructor(private readonly page: URL, private readonly opened: (id: string | null) => void) {}

  get grid(): Grid {
    return this.edits.present;
  }

  get shown(): AnalysisDocument | null {
    return this.phase.kind === "shown" ? this.phase.document : null;
  }

  // ---- analyses -------------------------------------------------------------------------------------------------

  async refresh(): Promise<void> {
    try {
      this.list = await fetchAnalyses();
      this.offered = true;
    } catch (error) {
      // A server that cannot be reached may still offer them.
      if (error instanceof Refusal && error.status !== 0) {
        this.offered = false;
      }
    }
  }

  /** Sends a recording; an empty one is not worth the way. */
  async send(file: File): Promise<void> {
    this.leave();
    if (file.size === 0) {
      this.phase = { kind: "refused", name: file.name, message: "There is nothing in this file." };
      return;
    }
    const stop = new AbortController();
    this.looking.add(() => { stop.abort(); });
    this.phase = { kind: "sending", name: file.name, share: 0 };
    try {
      const status = await submitFile(file, (share) => {
        if (!stop.signal.aborted) {
          this.phase = { kind: "sending", name: file.name, share };
        }
      }, stop.signal);
      this.files.set(status.id, file);
      this.openId = status.id;
      this.opened(status.id);
      this.follow(status);
    } catch (error) {
      if (!stop.signal.aborted) {
        this.refuse(file.name, error);
      }
    }
    await this.refresh();
  }

  /** Shows an analysis, or its progress. @param id null for none */
  async open(id: string | null): Promise<void> {
    if (id === this.openId) {
      return;
    }
    this.leave();
    if (id === null) {
      await this.refresh();
      return;
    }
    this.openId = id;
    const known = this.list.find((status) => status.id === id);
    if (known === undefined || known.state === "done") {
      await this.fetch(id, known?.name ?? "");
    } else {
      this.follow(known);
    }
  }

  async remove(id: string): Promise<void> {
    const name = this.list.find((status) => status.id === id)?.name ?? "It";
    try {
      await eraseAnalysis(id);
      this.files.delete(id);
      this.corrected.delete(id);
      this.corrections.drop(id);
      this.announcement = `${name} is deleted`;
      if (id === this.openId) {
        this.opened(null);
      }
    } catch (error) {
      this.announcement = `${name} could not be deleted: ${wordsOf(error)}`;
    }
    await this.refresh();
  }

  /** Ends what is being sent or waited for; the server forgets it. */
  async cancel(): Promise<void> {
    const id = this.openId;
    this.leave();
    if (id !== null) {
      await this.remove(id);
    }
    this.opened(null);
  }

  // ---- hearing --------------------------------------------------------------------------------------------------

  /** The recording of the analysis shown, to be played and to draw the waveform from. */
  async listenTo(file: File): Promise<void> {
    const { phase } = this;
    if (phase.kind !== "shown") {
      return;
    }
    this.files.set(phase.id, file);
    const scope = this.looking;
    this.hearing = "loading";
    try {
      const deck = await FileDeck.open(file, phase.document.source.length, () => {
        this.playing = false;
        this.place = this.position();
      });
      // Another analysis may have been opened meanwhile.
      if (this.phase !== phase || scope !== this.looking) {
        deck.close();
        return;
      }
      scope.own(deck);
      this.deck = deck;
      this.peaks ??= deck.peaks;
      this.hearing = "ready";
      deck.setVolume(this.volume);
      this.arm();
    } catch {
      if (this.phase === phase) {
        this.hearing = "unplayable";
      }
    }
  }

  async toggle(): Promise<void> {
    const { deck } = this;
    if (deck === null) {
      return;
    }
    if (deck.playing) {
      deck.pause();
      this.playing = false;
      this.place = deck.position();
    } else {
      this.playing = true;
      await deck.play();
    }
  }

  pause(): void {
    if (this.playing) {
      void this.toggle();
    }
  }

  async seek(to: Seconds): Promise<void> {
    this.place = Math.min(Math.max(to, 0), this.shown?.source.length ?? 0);
    await this.deck?.seek(this.place);
  }

  /** Place in the recording that is heard now, or where the next start begins. */
  position(): Seconds {
    return this.deck?.playing === true ? this.deck.position() : this.place;
  }

  setVolume(level: number): void {
    this.volume = level;
    this.deck?.setVolume(level);
  }

  setClicking(on: boolean): void {
    this.clicking = on;
    this.arm();
  }

  // ---- correcting the beats -------------------------------------------------------------------------------------

  double(): void {
    this.edit(doubled(this.grid), "Twice as many beats");
  }

  halve(): void {
    this.edit(halved(this.grid), "Half as many beats");
  }

  /** @param joins whether it goes on with a drag */
  shift(by: Milliseconds, joins = false): void {
    if (by !== 0) {
      this.edit(shifted(this.grid, by), joins ? "" : `Beats moved by ${by} ms`, joins);
    }
  }

  /** The beat nearest to a time begins a bar. */
  setDownbeat(at: Seconds): void {
    const index = nearestBeat(this.grid, at);
    if (index >= 0) {
      this.edit(withDownbeat(this.grid, index), "Downbeat set");
    }
  }

  setMetre(beatsPerBar: number): void {
    this.edit(withMetre(this.grid, beatsPerBar), `${beatsPerBar} beats in a bar`);
  }

  undo(): void {
    this.rewrite(undone(this.edits), "Taken back");
  }

  redo(): void {
    this.rewrite(redone(this.edits), "Done again");
  }

  export(format: ExportFormat): TextFile | null {
    const document = this.shown;
    return document === null
      ? null
      : exported(format, document, resultOf(this.grid, document.source.length, document.beats?.metre_confidence ?? 0));
  }

  close(): void {
    this.leave();
  }

  // ---- inside ---------------------------------------------------------------------------------------------------

  private leave(): void {
    this.looking.close();
    this.looking = new Scope();
    this.deck = null;
    this.openId = null;
    this.phase = { kind: "idle" };
    this.hearing = "none";
    this.playing = false;
    this.peaks = null;
    this.place = 0;
  }

  private follow(status: AnalysisStatus): void {
    this.told(status);
    if (status.state === "queued" || status.state === "running") {
      watchAnalysis(status.id, this.page, {
        status: (now) => { this.told(now); },
        gone: () => { this.phase = { kind: "refused", name: status.name, message: "This analysis has been deleted." }; },
      }, this.looking);
    }
  }

  private told(status: AnalysisStatus): void {
    if (status.state === "done") {
      void this.fetch(status.id, status.name).then(() => this.refresh());
    } else if (status.state === "failed") {
      this.phase = { kind: "refused", name: status.name, message: sentence(status.error ?? "The analysis failed") };
      void this.refresh();
    } else {
      this.phase = { kind: "waiting", status };
    }
  }

  private async fetch(id: string, name: string): Promise<void> {
    const scope = this.looking;
    this.phase = { kind: "fetching" };
    try {
      const document = await fetchResult(id);
      if (scope === this.looking) {
        this.show(id, document);
      }
    } catch (error) {
      if (scope === this.looking) {
        this.refuse(name, error);
      }
    }
  }

  private show(id: string, document: AnalysisDocument): void {
    this.edits = this.corrected.get(id) ?? this.remembered(id, document);
    this.phase = { kind: "shown", id, document };
    this.announcement = `${document.source.title ?? document.source.name} is analysed`;
    void this.draw(id);
    const file = this.files.get(id);
    if (file !== undefined) {
      void this.listenTo(file);
    }
  }

  /** The beats as found; where they were corrected on an earlier visit, that is one step that can be taken back. */
  private remembered(id: string, document: AnalysisDocument): History<Grid> {
    const found = historyOf(gridOf(document.beats));
    const kept = this.corrections.load(id);
    return kept === null ? found : changed(found, kept);
  }

  /** Gets the waveform; where that cannot be had, what is heard here may give it. */
  private async draw(id: string): Promise<void> {
    const scope = this.looking;
    const peaks = await fetchPeaks(id).catch(() => null);
    if (scope === this.looking && peaks !== null) {
      this.peaks = peaks;
    }
  }

  private refuse(name: string, error: unknown): void {
    this.phase = { kind: "refused", name, message: wordsOf(error) };
  }

  private edit(grid: Grid, said: string, joins = false): void {
    this.rewrite(changed(this.edits, grid, joins), said);
  }

  private rewrite(edits: History<Grid>, said: string): void {
    if (edits === this.edits) {
      return;
    }
    this.edits = edits;
    if (this.phase.kind === "shown") {
      const { id } = this.phase;
      this.corrected.set(id, edits);
      this.keep(id, edits);
    }
    if (said !== "") {
      this.announcement = said;
    }
    this.arm();
  }

  /** Soon, not at once: a drag is a hundred changes. */
  private keep(id: string, edits: History<Grid>): void {
    this.keeping?.();
    this.keeping = this.scope.after(kKeepAfterMs, () => {
      if (edits.past.length === 0) {
        this.corrections.drop(id);
      } else {
        this.corrections.save(id, edits.present);
      }
    });
  }

  private arm(): void {
    this.deck?.setClicks(this.grid.beats.map(({ at, position }) => ({ at, downbeat: position === 1 })), this.clicking);
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Refusal)) {
    return sentence(error instanceof Error ? error.message : String(error));
  }
  switch (error.status) {
    case 413:
      return `This file is more than the server takes: ${error.message}.`;
    case 429:
    case 503:
      return `The server has no room for it now: ${error.message}. Try again in a while.`;
    default:
      return sentence(error.message);
  }
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
}
