// SPDX-License-Identifier: Apache-2.0
import type { AnalysisDocument, AnalysisStatus, KeyCandidate } from "../../protocol/generated/messages";
import type { Grid } from "../../state/grid";
import { firstAtOrAfter } from "../../state/grid";
import type { Seconds } from "../../units";
import { spokenTriad } from "../harmony";
import { plainChord, spoken } from "../music";
import { partAt } from "./lanes";
import { clockText } from "./span";

/** One thing that was found, to be read at a glance. */
export interface Fact {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly unit: string;
  /** Beside the value, as a tag. */
  readonly tag: string;
  readonly details: readonly string[];
  /** Null for what is measured, not estimated. */
  readonly confidence: number | null;
}

const kMinus = "−";

function signed(value: number, digits = 1): string {
  return value.toFixed(digits).replace("-", kMinus);
}

function keyName(key: KeyCandidate): string {
  return `${plainChord(key.tonic)} ${key.mode}`;
}

/** Who heard something, where that is worth a word: a network did, or one that should have could not. */
function hearer(what: string, heard: { readonly network?: string; readonly why_no_network?: string } | undefined): string[] {
  if (heard?.network !== undefined) {
    return [`${what} by ${heard.network}`];
  }
  return heard?.why_no_network === undefined ? [] : [`${what} by signal processing: ${heard.why_no_network}`];
}

/** The summary of a document; a part that it lacks has no fact. */
export function factsOf({ tempo, beats, key, loudness, mood }: AnalysisDocument): Fact[] {
  const facts: Fact[] = [];
  if (tempo !== undefined) {
    const [best, ...others] = tempo.candidates;
    facts.push({
      id: "tempo", name: "Tempo", value: best === undefined ? "–" : best.bpm.toFixed(1), unit: best === undefined ? "" : "bpm", tag: "",
      details: [
        best === undefined ? "no pulse" : others.length > 0 ? `or ${others.slice(0, 2).map(({ bpm }) => bpm.toFixed(1)).join(", ")}` : "",
        beats === undefined || best === undefined ? "" : beats.beats_per_bar === 0 ? "metre unknown" : `${beats.beats_per_bar} in a bar, ${percent(beats.metre_confidence)} sure`,
        ...hearer("beats", beats),
      ],
      confidence: best?.confidence ?? 0,
    });
  }
  if (key !== undefined) {
    facts.push({
      id: "key", name: "Key", value: key.best === null ? "–" : keyName(key.best), unit: "", tag: key.best?.camelot ?? "",
      details: [
        key.best === null ? "nothing tonal" : key.runner_up === null ? "" : `or ${keyName(key.runner_up)}, ${key.runner_up.camelot}`,
        key.best === null ? "" : `A4 at ${key.tuning.toFixed(1)} Hz, ${percent(key.tuning_confidence)} sure`,
        ...hearer("key", key),
      ],
      confidence: key.best?.confidence ?? 0,
    });
  }
  if (loudness !== undefined) {
    facts.push({
      id: "loudness", name: "Loudness", value: loudness.integrated_lufs === null ? "–" : signed(loudness.integrated_lufs), unit: "LUFS", tag: "",
      details: [
        `range ${loudness.range_lu.toFixed(1)} LU`,
        loudness.true_peak_dbtp === null ? "silence" : `true peak ${signed(loudness.true_peak_dbtp)} dBTP`,
      ],
      confidence: null,
    });
  }
  if (mood !== undefined) {
    const score = (id: string, name: string, { value, confidence }: { readonly value: number; readonly confidence: number }, note = ""): void => {
      facts.push({ id, name, value: String(Math.round(value * 100)), unit: "%", tag: "", details: [note], confidence });
    };
    score("danceability", "Danceability", mood.danceability);
    score("energy", "Energy", mood.energy);
    score("valence", "Valence", mood.valence_proxy, "a proxy: mode, tempo, brightness");
    if (mood.instrumentalness !== null) {
      score("instrumentalness", "Instrumental", mood.instrumentalness);
    }
  }
  return facts;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Whence a recording comes, in one line. */
export function originWords({ source }: AnalysisDocument): string {
  const channels = source.channels === 1 ? "mono" : source.channels === 2 ? "stereo" : `${source.channels} channels`;
  return [
    source.artist ?? "", source.title === undefined ? "" : source.name,
    clockText(source.length), `${(source.sample_rate / 1000).toFixed(1)} kHz`, channels,
  ].filter((word) => word !== "").join(" · ");
}

/** How long something still takes. */
export function leftWords(seconds: Seconds): string {
  if (seconds < 1.5) {
    return "a moment left";
  }
  return seconds < 90 ? `about ${Math.ceil(seconds)} s left` : `about ${Math.round(seconds / 60)} min left`;
}

export function stateWords(status: AnalysisStatus): string {
  switch (status.state) {
    case "queued":
      return "waiting";
    case "running":
      return percent(status.progress);
    case "done":
      return status.length === undefined ? "" : clockText(status.length);
    case "failed":
      return "failed";
  }
}

function chordWords(chord: string): string {
  const triad = spokenTriad(chord);
  return triad === chord ? spoken(chord) : triad;
}

/** What lies at a time, in words, for a screen reader. */
export function placeWords({ chords = [], sections = [], key }: AnalysisDocument, grid: Grid, at: Seconds): string {
  const words = [clockText(at, 1)];
  // A hair later, so that a cursor on a beat is on that beat.
  const index = firstAtOrAfter(grid.beats, at + 0.005) - 1;
  const beat = grid.beats[index];
  if (beat !== undefined) {
    const bar = grid.beats.slice(0, index + 1).reduce((count, { position }) => count + (position === 1 ? 1 : 0), 0);
    words.push(beat.position === 0 ? `beat ${index + 1}` : `bar ${bar}, beat ${beat.position}`);
  }
  const chord = chords[partAt(chords, at)]?.chord;
  if (chord !== undefined) {
    words.push(chord === null ? "no chord" : chordWords(chord));
  }
  const local = key?.parts[partAt(key.parts, at)]?.best;
  if (local !== undefined) {
    words.push(`${spoken(local.tonic)} ${local.mode}`);
  }
  const section = sections[partAt(sections, at)];
  if (section !== undefined) {
    words.push(`section ${section.label}`);
  }
  return words.join(", ");
}
