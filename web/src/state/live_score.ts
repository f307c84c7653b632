// SPDX-License-Identifier: Apache-2.0
import type { AnalysisDocument, BeatPoint, ChordPart, HeardEvent, KeyCandidate, KeyPart, OnsetPoint, PitchResult, SectionPart, TempoCandidate, TempoPoint } from "../protocol/generated/messages";
import type { Seconds } from "../units";
import type { Grid } from "./grid";
import { barNumbers, firstAtOrAfter } from "./grid";

/** What is kept to look back at. */
const kKept: Seconds = 300;
/** Forgetting is done by the stretch, not by the event. */
const kForgetEvery: Seconds = 20;

type Open<T extends { readonly to: Seconds }> = Omit<T, "to"> & { to: Seconds };

/** What has been heard so far, in the form of a recording's analysis that grows at its end. */
export class LiveScore {
  private readonly onsets: OnsetPoint[] = [];
  private beats: BeatPoint[] = [];
  private readonly tempi: TempoPoint[] = [];
  private tempo: TempoCandidate | null = null;
  private readonly chords: Open<ChordPart>[] = [];
  private readonly keys: Open<KeyPart>[] = [];
  private readonly wholeKeys: { readonly at: Seconds; readonly key: KeyCandidate }[] = [];
  private readonly sections: SectionPart[] = [];
  private readonly voice = { at: [] as Seconds[], f0: [] as number[], voicing: [] as number[] };
  /** The voice, as another object whenever it is another: what is made of it is kept by it. */
  private pitch: PitchResult = this.voice;
  private readonly loudness = { at: [] as Seconds[], momentary: [] as number[], short_term: [] as number[] };
  private barsForgotten = 0;
  private beatsPerBar = 0;
  private keptFrom: Seconds = 0;
  private version = 0;

  /** Grows with everything that is heard: what was made of an older one is stale. */
  get changes(): number {
    return this.version;
  }

  clear(): void {
    const { at, momentary, short_term } = this.loudness;
    const { voice } = this;
    for (const list of [
      this.onsets, this.tempi, this.chords, this.keys, this.wholeKeys, this.sections, voice.at, voice.f0, voice.voicing, at, momentary, short_term,
    ]) {
      list.length = 0;
    }
    this.pitch = { ...this.voice };
    this.beats = [];
    this.tempo = null;
    this.barsForgotten = 0;
    this.beatsPerBar = 0;
    this.keptFrom = 0;
    this.version += 1;
  }

  take(event: HeardEvent): void {
    this.version += 1;
    const { at } = event;
    switch (event.type) {
      case "onset":
        insert(this.onsets, { at, strength: event.strength, band: event.band, confidence: event.confidence });
        break;
      case "beat":
        insert(this.beats, { at, position: event.position, confidence: event.confidence, downbeat_confidence: event.downbeat_confidence });
        this.beatsPerBar = event.beats_per_bar;
        if (this.tempo !== null) {
          insert(this.tempi, { at, ...this.tempo });
        }
        break;
      case "tempo":
        this.tempo = event.candidates[0] ?? null;
        if (this.tempo !== null) {
          insert(this.tempi, { at, ...this.tempo });
        }
        break;
      case "chord":
        begin(this.chords, { from: at, to: at, chord: event.chord, runner_up: null, confidence: event.confidence });
        break;
      case "key":
        if (!sameKey(this.keys.at(-1)?.best, event.best)) {
          begin(this.keys, { from: at, to: at, best: event.best, runner_up: event.runner_up });
        }
        insert(this.wholeKeys, { at: at + event.latency, key: event.whole });
        break;
      case "segment":
        this.sections.push({ from: event.from, to: at, label: event.label, confidence: event.confidence });
        break;
      case "loudness":
        this.loudness.at.push(at);
        this.loudness.momentary.push(event.momentary);
        this.loudness.short_term.push(event.short_term);
        break;
      case "voice":
        event.f0.forEach((hertz, i) => {
          if (hertz > 0) {
            this.voice.at.push(at + i * event.step);
            this.voice.f0.push(hertz);
            this.voice.voicing.push(1);
          }
        });
        this.pitch = { ...this.voice };
        break;
      case "pitch":
      case "frame":
        break;
    }
    if (at - kKept > this.keptFrom + kForgetEvery) {
      this.forgetBefore(at - kKept);
    }
  }

  /** What sounds at the end goes on to `now`. */
  carryOn(now: Seconds): void {
    for (const last of [this.chords.at(-1), this.keys.at(-1)]) {
      if (last !== undefined) {
        last.to = Math.max(last.from, now);
      }
    }
  }

  /** The lists in it are this score's own, and grow. */
  document(length: Seconds): AnalysisDocument {
    const last = this.keys.at(-1);
    return {
      analysis: 1,
      engine: "",
      source: { name: "", sha256: "", length, sample_rate: 44_100, channels: 1, truncated: false },
      tempo: { candidates: [], curve: this.tempi },
      beats: { beats_per_bar: this.beatsPerBar, metre_confidence: 0, grid: this.beats },
      onsets: this.onsets,
      key: { best: this.wholeKeys.at(-1)?.key ?? null, runner_up: last?.runner_up ?? null, tuning: 440, tuning_confidence: 0, parts: this.keys },
      chords: this.chords,
      sections: this.sections,
      pitch: this.pitch,
      loudness: {
        integrated_lufs: null, range_lu: 0, true_peak_dbtp: null, max_momentary_lufs: null, max_short_term_lufs: null,
        dynamic_complexity_db: 0, silences: [], fade_in: 0, fade_out: 0, curve: this.loudness,
      },
    };
  }

  grid(): Grid {
    return { beats: this.beats, beatsPerBar: this.beatsPerBar };
  }

  /** Bars are counted from the first that was heard, forgotten ones among them. */
  bars(): Int32Array {
    return barNumbers(this.grid()).map((bar) => bar + this.barsForgotten);
  }

  chordAt(now: Seconds): ChordPart | null {
    return this.chords.findLast(({ from }) => from <= now) ?? null;
  }

  /** Of all that had been heard by then. */
  keyAt(now: Seconds): KeyCandidate | null {
    return this.wholeKeys.findLast(({ at }) => at <= now)?.key ?? null;
  }

  beatAt(now: Seconds): BeatPoint | null {
    return this.beats[firstAtOrAfter(this.beats, now + 1e-9) - 1] ?? null;
  }

  tempoAt(now: Seconds): TempoPoint | null {
    return this.tempi[firstAtOrAfter(this.tempi, now + 1e-9) - 1] ?? null;
  }

  levelAt(now: Seconds): number | null {
    const { at, momentary } = this.loudness;
    const last = at.findLastIndex((time) => time <= now);
    return momentary[last] ?? null;
  }

  /** Whether any part of the form has ended yet. */
  get hasSections(): boolean {
    return this.sections.length > 0;
  }

  /** Whether a voice has been heard that is not forgotten. */
  get hasVoice(): boolean {
    return this.voice.at.length > 0;
  }

  get metre(): number {
    return this.beatsPerBar;
  }

  private forgetBefore(from: Seconds): void {
    this.keptFrom = from;
    const gone = firstAtOrAfter(this.beats, from);
    this.barsForgotten += this.beats.slice(0, gone).filter(({ position }) => position === 1).length;
    this.beats = this.beats.slice(gone);
    this.onsets.splice(0, firstAtOrAfter(this.onsets, from));
    this.tempi.splice(0, firstAtOrAfter(this.tempi, from));
    for (const parts of [this.chords, this.keys]) {
      const first = parts.findIndex(({ to }) => to >= from);
      parts.splice(0, first < 0 ? Math.max(0, parts.length - 1) : first);
    }
    this.wholeKeys.splice(0, Math.max(0, firstAtOrAfter(this.wholeKeys, from) - 1));
    this.sections.splice(0, Math.max(0, this.sections.findIndex(({ to }) => to >= from)));
    const said = this.voice.at.findIndex((time) => time >= from);
    for (const list of [this.voice.at, this.voice.f0, this.voice.voicing]) {
      list.splice(0, said < 0 ? list.length : said);
    }
    this.pitch = { ...this.voice };
    const { at, momentary, short_term } = this.loudness;
    const quiet = at.findIndex((time) => time >= from);
    for (const list of [at, momentary, short_term]) {
      list.splice(0, Math.max(0, quiet));
    }
  }
}

function sameKey(a: KeyCandidate | undefined, b: KeyCandidate): boolean {
  return a?.tonic === b.tonic && a.mode === b.mode;
}

function insert<T extends { readonly at: Seconds }>(items: T[], item: T): void {
  const last = items.at(-1);
  if (last === undefined || last.at <= item.at) {
    items.push(item);
  } else {
    items.splice(firstAtOrAfter(items, item.at + 1e-9), 0, item);
  }
}

/** A part begins where the one before ends; said again, it is corrected. */
function begin<T extends { readonly from: Seconds; to: Seconds }>(parts: T[], part: T): void {
  while ((parts.at(-1)?.from ?? -Infinity) >= part.from) {
    parts.pop();
  }
  const last = parts.at(-1);
  if (last !== undefined) {
    last.to = part.from;
  }
  parts.push(part);
}
