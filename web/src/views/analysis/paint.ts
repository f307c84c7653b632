// SPDX-License-Identifier: Apache-2.0
import type { AnalysisDocument, OnsetBand, PitchResult } from "../../protocol/generated/messages";
import type { Peaks } from "../../protocol/peaks";
import type { Grid } from "../../state/grid";
import { barNumbers } from "../../state/grid";
import type { Seconds } from "../../units";
import type { Surface } from "../canvas";
import { hueOf, plainChord, rootOf } from "../music";
import type { Columns, GridLines } from "./lanes";
import { blocksOf, curveColumns, downbeatsOf, gridLines, numberedBars, onsetLines, waveColumns } from "./lanes";
import type { Extent, Span } from "./span";
import { rulerMarks } from "./span";

export type LaneName = "ruler" | "waveform" | "downbeats" | "beats" | "transients" | "chords" | "key" | "sections" | "pitch" | "loudness" | "tempo";

export interface Lane {
  readonly lane: LaneName;
  readonly name: string;
  readonly top: number;
  readonly height: number;
}

const kLanes: readonly { readonly lane: LaneName; readonly name: string; readonly height: number; readonly of: (document: AnalysisDocument, live: boolean) => boolean }[] = [
  { lane: "ruler", name: "Time", height: 24, of: () => true },
  { lane: "waveform", name: "Waveform", height: 98, of: (_, live) => !live },
  { lane: "downbeats", name: "Bars", height: 22, of: ({ beats }) => beats !== undefined },
  { lane: "beats", name: "Beats", height: 24, of: ({ beats }) => beats !== undefined },
  { lane: "transients", name: "Transients", height: 32, of: ({ onsets }) => onsets !== undefined },
  { lane: "chords", name: "Chords", height: 30, of: ({ chords }) => chords !== undefined },
  { lane: "key", name: "Key", height: 24, of: ({ key }) => key !== undefined },
  { lane: "sections", name: "Sections", height: 24, of: ({ sections }) => sections !== undefined },
  { lane: "pitch", name: "Pitch", height: 56, of: ({ pitch }, live) => pitch !== undefined && (live || hasVoice(pitch)) },
  { lane: "loudness", name: "Loudness", height: 40, of: ({ loudness }) => loudness !== undefined },
  { lane: "tempo", name: "Tempo", height: 40, of: ({ tempo }) => tempo !== undefined },
];
const kGap = 6;
/** Where less of a recording has a voice, it is none: what is found in a full band is chance. */
const kLeastVoiced = 0.05;

function hasVoice({ f0 }: PitchResult): boolean {
  return f0.reduce((sum, hertz) => sum + (hertz > 0 ? 1 : 0), 0) > kLeastVoiced * f0.length;
}

/** The lanes that a document fills, from the top down. @param live it is being heard: it has no waveform, and may have a voice yet */
export function lanesOf(document: AnalysisDocument, live = false): Lane[] {
  let top = 0;
  return kLanes.filter(({ of }) => of(document, live)).map(({ lane, name, height }) => {
    const placed = { lane, name, top, height };
    top += height + kGap;
    return placed;
  });
}

export function heightOf(lanes: readonly Lane[]): number {
  const last = lanes.at(-1);
  return last === undefined ? 0 : last.top + last.height + 2;
}

/** What is worked out once for a document and its grid, not for every picture. */
export interface Score {
  readonly document: AnalysisDocument;
  readonly grid: Grid;
  readonly bars: Int32Array;
  readonly downbeats: Int32Array;
  readonly tempoAt: Float64Array;
  readonly tempo: Float32Array;
  readonly lowestTempo: number;
  readonly highestTempo: number;
  /** Where there is a voice, in MIDI notes. */
  readonly pitchAt: Float64Array;
  readonly pitch: Float32Array;
  readonly lowestPitch: number;
  readonly highestPitch: number;
}

export function scoreOf(document: AnalysisDocument, grid: Grid): Score {
  const curve = document.tempo?.curve ?? [];
  const tempo = Float32Array.from(curve, ({ bpm }) => bpm);
  let low = Infinity;
  let high = 0;
  for (const bpm of tempo) {
    low = Math.min(low, bpm);
    high = Math.max(high, bpm);
  }
  // A steady tempo is a line in the middle, not a mountain range of its decimals.
  const room = Math.max(6, (high - low) * 0.15);
  return {
    document, grid, bars: barNumbers(grid), downbeats: downbeatsOf(grid),
    tempoAt: Float64Array.from(curve, ({ at }) => at), tempo,
    lowestTempo: low - room, highestTempo: high + room,
    ...pitchOf(document),
  };
}

/** The lane shows what lies between these shares of the voice's notes: a slip of an octave does not squeeze the rest. */
const kPitchShares = [0.01, 0.99] as const;
const kLeastPitchRange = 12;
/** As many notes say where those shares lie. */
const kSorted = 4096;

const pitches = new WeakMap<object, ReturnType<typeof voiceOf>>();

/** Worked out once for a document: hours have a million points, and the grid changes under a finger. */
function pitchOf({ pitch }: AnalysisDocument): ReturnType<typeof voiceOf> {
  if (pitch === undefined) {
    return { pitchAt: new Float64Array(), pitch: new Float32Array(), lowestPitch: 0, highestPitch: kLeastPitchRange };
  }
  const known = pitches.get(pitch) ?? voiceOf(pitch);
  pitches.set(pitch, known);
  return known;
}

function voiceOf({ at, f0 }: PitchResult): Pick<Score, "pitchAt" | "pitch" | "lowestPitch" | "highestPitch"> {
  const voiced = f0.reduce((sum, hertz) => sum + (hertz > 0 ? 1 : 0), 0);
  const times = new Float64Array(voiced);
  const notes = new Float32Array(voiced);
  let n = 0;
  f0.forEach((hertz, i) => {
    if (hertz > 0) {
      times[n] = at[i] ?? 0;
      notes[n] = 69 + 12 * Math.log2(hertz / 440);
      n += 1;
    }
  });
  const stride = Math.ceil(voiced / kSorted) || 1;
  const sorted = notes.filter((_, i) => i % stride === 0).sort();
  const [low, high] = kPitchShares.map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? 60) as [number, number];
  const room = Math.max(1, (kLeastPitchRange - (high - low)) / 2);
  return { pitchAt: times, pitch: notes, lowestPitch: low - room, highestPitch: high + room };
}

export interface Inks {
  readonly dark: boolean;
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly wash: string;
  readonly accent: string;
  readonly bands: Readonly<Record<OnsetBand, string>>;
  readonly sans: string;
  readonly serif: string;
}

/** The style sheet's colours and faces, for the canvas. */
export function readInks(dark: boolean): Inks {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    dark, ink: of("--ink"), soft: of("--soft"), faint: of("--faint"), line: of("--line"), wash: of("--wash"),
    accent: `oklch(${dark ? "0.83 0.1" : "0.52 0.12"} ${of("--hue")})`,
    bands: { low: of("--bass"), mid: of("--pad"), high: of("--bells") },
    sans: of("--sans"), serif: of("--serif"),
  };
}

/** The whole picture but for the cursor. */
export function paintScore(surface: Surface, score: Score, peaks: Peaks | null, lanes: readonly Lane[], span: Span, extent: Extent, inks: Inks): void {
  const { context } = surface;
  context.clearRect(0, 0, surface.width, surface.height);
  const lines = gridLines(score.grid, score.bars, score.downbeats, span, extent);
  for (const lane of lanes) {
    context.save();
    context.translate(0, lane.top);
    context.beginPath();
    context.rect(0, 0, extent.width, lane.height);
    context.clip();
    if (lane.lane !== "ruler") {
      context.fillStyle = inks.wash;
      context.beginPath();
      context.roundRect(0, 0, Math.min(extent.width, (extent.length - span.from) / span.scale), lane.height, 5);
      context.fill();
    }
    kPainters[lane.lane](context, lane.height, { score, peaks, span, extent, inks, lines });
    context.restore();
  }
}

interface Picture {
  readonly score: Score;
  readonly peaks: Peaks | null;
  readonly span: Span;
  readonly extent: Extent;
  readonly inks: Inks;
  readonly lines: GridLines;
}
type Painter = (context: CanvasRenderingContext2D, height: number, picture: Picture) => void;

const kPainters: Readonly<Record<LaneName, Painter>> = {
  ruler(context, height, { span, extent, inks }) {
    context.font = `12px ${inks.sans}`;
    context.textBaseline = "middle";
    for (const { x, text } of rulerMarks(span, extent)) {
      context.fillStyle = inks.line;
      context.fillRect(x, height - 7, 1, 7);
      context.fillStyle = inks.faint;
      const { width } = context.measureText(text);
      // The first and the last label stay whole.
      context.fillText(text, Math.min(Math.max(x - width / 2, 1), Math.max(1, extent.width - width - 1)), height / 2 - 3);
    }
  },

  waveform(context, height, { peaks, span, extent, inks, lines }) {
    context.fillStyle = inks.ink;
    for (const { x } of lines.bars) {
      context.globalAlpha = 0.16;
      context.fillRect(Math.round(x), 0, 1, height);
    }
    for (const { x, downbeat } of lines.beats) {
      if (!downbeat) {
        context.globalAlpha = 0.07 * lines.presence;
        context.fillRect(Math.round(x), 0, 1, height);
      }
    }
    if (peaks !== null) {
      const gradient = context.createLinearGradient(0, 0, 0, height);
      gradient.addColorStop(0, inks.accent);
      gradient.addColorStop(0.5, inks.ink);
      gradient.addColorStop(1, inks.accent);
      context.fillStyle = gradient;
      context.globalAlpha = 0.85;
      fillBetween(context, waveColumns(peaks, span, extent), (value) => height / 2 - value * (height / 2 - 3), 1);
    }
    context.globalAlpha = 1;
  },

  downbeats(context, height, { extent, inks, lines }) {
    context.font = `500 12px ${inks.sans}`;
    context.textBaseline = "middle";
    for (const { x, bar } of numberedBars(lines.bars)) {
      context.fillStyle = inks.accent;
      context.fillRect(Math.round(x) - 1, 0, 2, height);
      if (bar > 0 && x < extent.width) {
        context.fillStyle = inks.soft;
        context.fillText(String(bar), x + 5, height / 2 + 1);
      }
    }
  },

  beats(context, height, { inks, lines, extent }) {
    if (lines.beats.length === 0 && lines.bars.length > 0) {
      context.font = `12px ${inks.sans}`;
      context.textBaseline = "middle";
      context.fillStyle = inks.faint;
      const text = "Go closer to see the beats";
      const { width } = context.measureText(text);
      context.fillText(text, Math.max(8, (extent.width - width) / 2), height / 2 + 1);
      return;
    }
    for (const { x, downbeat, confidence } of lines.beats) {
      const tall = downbeat ? height - 6 : height * 0.5;
      context.globalAlpha = (0.35 + 0.65 * confidence) * (downbeat ? 1 : 0.35 + 0.65 * lines.presence);
      context.fillStyle = downbeat ? inks.accent : inks.ink;
      context.beginPath();
      context.roundRect(Math.round(x) - 1, (height - tall) / 2, downbeat ? 3 : 2, tall, 1);
      context.fill();
    }
    context.globalAlpha = 1;
  },

  transients(context, height, { score, span, extent, inks }) {
    for (const { x, strength, band } of onsetLines(score.document.onsets ?? [], span, extent)) {
      const tall = 3 + strength * (height - 6);
      context.globalAlpha = 0.35 + 0.65 * strength;
      context.fillStyle = inks.bands[band];
      context.fillRect(Math.round(x) - 1, height - tall, 2, tall);
    }
    context.globalAlpha = 1;
  },

  chords(context, height, picture) {
    const chords = picture.score.document.chords ?? [];
    paintBlocks(context, height, picture, chords, (i) => {
      const chord = chords[i]?.chord ?? null;
      return { text: chord === null ? "" : plainChord(chord), root: chord === null ? null : rootOf(chord), confidence: chords[i]?.confidence ?? 0, serif: true };
    });
  },

  key(context, height, picture) {
    const parts = picture.score.document.key?.parts ?? [];
    paintBlocks(context, height, picture, parts, (i) => {
      const best = parts[i]?.best;
      return {
        text: best === undefined ? "" : `${plainChord(best.tonic)} ${best.mode} · ${best.camelot}`,
        root: best?.tonic ?? null, confidence: best?.confidence ?? 0, serif: false,
      };
    });
  },

  sections(context, height, picture) {
    const parts = picture.score.document.sections ?? [];
    paintBlocks(context, height, picture, parts, (i) => ({
      text: parts[i]?.label ?? "", root: null, confidence: parts[i]?.confidence ?? 0, serif: false,
      // Letters repeat after twelve colours; neighbours differ by far.
      hue: (250 + ((parts[i]?.label.charCodeAt(0) ?? 65) - 65) * 75) % 360,
    }));
  },

  pitch(context, height, { score, span, extent, inks }) {
    const { pitchAt, pitch, lowestPitch, highestPitch } = score;
    if (pitch.length === 0) {
      return;
    }
    const yOf = (note: number): number => 4 + (height - 8) * (1 - (note - lowestPitch) / (highestPitch - lowestPitch));
    context.font = `11px ${inks.sans}`;
    context.textBaseline = "middle";
    // A line on every C, to tell the octaves by; numbered where there is room.
    const octave = ((height - 8) * 12) / (highestPitch - lowestPitch);
    const every = 12 * Math.ceil(14 / octave);
    for (let note = Math.ceil(lowestPitch / 12) * 12; note <= highestPitch; note += 12) {
      const y = Math.round(yOf(note));
      context.fillStyle = inks.line;
      context.fillRect(0, y, extent.width, 1);
      if (note % every === 0 && y >= 14) {
        context.fillStyle = inks.faint;
        context.fillText(`C${note / 12 - 1}`, 6, y - 7);
      }
    }
    context.fillStyle = inks.accent;
    fillBetween(context, curveColumns(pitchAt, pitch, span, extent, kPitchGap), yOf, 1.8);
  },

  loudness(context, height, { score, span, extent, inks }) {
    const curve = score.document.loudness?.curve;
    if (curve === undefined) {
      return;
    }
    const yOf = (lufs: number): number => 3 + (height - 6) * Math.min(1, Math.max(0, -lufs / kQuietest));
    const short = curveColumns(curve.at, curve.short_term, span, extent);
    context.fillStyle = inks.accent;
    context.globalAlpha = 0.24;
    fillBetween(context, { low: new Float32Array(short.low.length).fill(-100), high: short.high }, yOf, 0);
    context.globalAlpha = 0.9;
    fillBetween(context, curveColumns(curve.at, curve.momentary, span, extent), yOf, 1.4);
    context.globalAlpha = 1;
  },

  tempo(context, height, { score, span, extent, inks }) {
    if (score.tempo.length === 0) {
      return;
    }
    const yOf = (bpm: number): number => 4 + (height - 8) * (1 - (bpm - score.lowestTempo) / (score.highestTempo - score.lowestTempo));
    context.fillStyle = inks.accent;
    fillBetween(context, curveColumns(score.tempoAt, score.tempo, span, extent), yOf, 2);
    context.font = `11px ${inks.sans}`;
    context.fillStyle = inks.faint;
    context.textBaseline = "top";
    context.fillText(String(Math.round(score.highestTempo)), 6, 4);
    context.textBaseline = "alphabetic";
    context.fillText(String(Math.round(score.lowestTempo)), 6, height - 4);
  },
};

/** A voice that is silent for longer begins anew. */
const kPitchGap: Seconds = 0.04;
/** The floor of the loudness lane, LUFS. */
const kQuietest = 48;

/** Fills what lies between the columns' extremes, at least so thick; breaks where there is nothing. */
function fillBetween(context: CanvasRenderingContext2D, columns: Columns, yOf: (value: number) => number, thinnest: number): void {
  const { low, high } = columns;
  const edge = (x: number, up: boolean): number => {
    const top = yOf(high[x] ?? 0);
    const bottom = yOf(low[x] ?? 0);
    const more = Math.max(0, (thinnest - (bottom - top)) / 2);
    return up ? top - more : bottom + more;
  };
  context.beginPath();
  for (let x = 0; x < high.length;) {
    if (Number.isNaN(high[x])) {
      ++x;
      continue;
    }
    let end = x;
    while (end < high.length && !Number.isNaN(high[end])) {
      ++end;
    }
    context.moveTo(x, edge(x, true));
    for (let k = x; k < end; ++k) {
      context.lineTo(k + 0.5, edge(k, true));
    }
    for (let k = end - 1; k >= x; --k) {
      context.lineTo(k + 0.5, edge(k, false));
    }
    context.closePath();
    x = end;
  }
  context.fill();
}

interface BlockLook {
  readonly text: string;
  /** Note name that gives the colour; null where a hue is given, or there is none. */
  readonly root: string | null;
  readonly confidence: number;
  readonly serif: boolean;
  readonly hue?: number;
}

function paintBlocks(
  context: CanvasRenderingContext2D, height: number, { span, extent, inks }: Picture,
  parts: readonly { readonly from: number; readonly to: number }[], look: (index: number) => BlockLook,
): void {
  context.textBaseline = "middle";
  for (const { x, width, index } of blocksOf(parts, span, extent)) {
    const { text, root, confidence, serif, hue } = look(index);
    const colour = hue ?? (root === null ? null : hueOf(root));
    const left = Math.max(x, -8);
    const right = Math.min(x + width, extent.width + 8);
    if (colour !== null) {
      context.globalAlpha = 0.45 + 0.55 * confidence;
      context.fillStyle = inks.dark ? `oklch(0.44 0.085 ${colour})` : `oklch(0.86 0.075 ${colour})`;
      context.beginPath();
      context.roundRect(left, 1, Math.max(1, right - left - (width > 6 ? 1.5 : 0)), height - 2, Math.min(4, width / 3));
      context.fill();
    }
    context.globalAlpha = 1;
    const start = Math.max(x, 0) + 6;
    if (text !== "" && right - start > 12) {
      context.font = serif ? `16px ${inks.serif}` : `500 12.5px ${inks.sans}`;
      if (context.measureText(text).width < right - start - 3) {
        context.fillStyle = inks.ink;
        context.fillText(text, start, height / 2 + 1);
      }
    }
  }
}
