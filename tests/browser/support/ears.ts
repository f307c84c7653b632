// SPDX-License-Identifier: Apache-2.0
import type { Sound } from "./listener";

/** In place, iterative radix 2. @pre re.length === im.length, a power of two */
function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; ++i) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) {
      j ^= bit;
    }
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let length = 2; length <= size; length <<= 1) {
    const angle = (-2 * Math.PI) / length;
    for (let start = 0; start < size; start += length) {
      for (let k = 0; k < length / 2; ++k) {
        const cos = Math.cos(angle * k);
        const sin = Math.sin(angle * k);
        const even = start + k;
        const odd = even + length / 2;
        const r = re[odd]! * cos - im[odd]! * sin;
        const i = re[odd]! * sin + im[odd]! * cos;
        re[odd] = re[even]! - r;
        im[odd] = im[even]! - i;
        re[even] = re[even]! + r;
        im[even] = im[even]! + i;
      }
    }
  }
}

/** Magnitudes of one Hann-windowed stretch: [size / 2]. */
function spectrum(samples: Float32Array, start: number, size: number): Float64Array {
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let i = 0; i < size; ++i) {
    re[i] = (samples[start + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  }
  fft(re, im);
  return re.subarray(0, size / 2).map((value, bin) => Math.hypot(value, im[bin]!));
}

export function rms(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) {
    energy += sample * sample;
  }
  return Math.sqrt(energy / Math.max(1, samples.length));
}

export function decibels(amplitude: number): number {
  return 20 * Math.log10(Math.max(amplitude, 1e-12));
}

/** Longest stretch of exactly equal samples, in ms: what a hole or a stuck decoder looks like. */
export function longestFlatMs(sound: Sound): number {
  let run = 0;
  let longest = 0;
  for (let i = 1; i < sound.samples.length; ++i) {
    run = sound.samples[i] === sound.samples[i - 1] ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return (longest / sound.rate) * 1000;
}

/** Share of the energy at pitch classes C … B, from spectral peaks between 60 and 1100 Hz: [12], sums to 1. */
export function chroma(sound: Sound): number[] {
  const size = 16_384;
  const classes = new Array<number>(12).fill(0);
  for (let start = 0; start + size <= sound.samples.length; start += size / 2) {
    const magnitudes = spectrum(sound.samples, start, size);
    const low = Math.ceil((60 * size) / sound.rate);
    const high = Math.floor((1100 * size) / sound.rate);
    for (let bin = low; bin <= high; ++bin) {
      const [before, here, after] = [magnitudes[bin - 1]!, magnitudes[bin]!, magnitudes[bin + 1]!];
      if (here <= before || here < after) {
        continue;
      }
      // The peak's place between bins, by a parabola through the logarithms.
      const [a, b, c] = [Math.log(before + 1e-12), Math.log(here + 1e-12), Math.log(after + 1e-12)];
      const offset = (0.5 * (a - c)) / (a - 2 * b + c);
      const frequency = ((bin + offset) * sound.rate) / size;
      const note = Math.round(69 + 12 * Math.log2(frequency / 440));
      classes[((note % 12) + 12) % 12]! += here * here;
    }
  }
  const total = classes.reduce((sum, value) => sum + value, 0);
  return classes.map((value) => value / Math.max(total, 1e-12));
}

/** Share of the chroma at the given pitch classes. */
export function share(classes: readonly number[], of: readonly number[]): number {
  return of.reduce((sum, pitch) => sum + (classes[pitch] ?? 0), 0);
}

const kTonics: Readonly<Record<string, number>> = {
  C: 0, "C#": 1, Db: 1, D: 2, "D#": 3, Eb: 3, E: 4, F: 5, "F#": 6, Gb: 6, G: 7, "G#": 8, Ab: 8, A: 9, "A#": 10, Bb: 10,
  B: 11, Cb: 11,
};
const kModes: Readonly<Record<string, readonly number[]>> = {
  ionian: [0, 2, 4, 5, 7, 9, 11],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  phrygian: [0, 1, 3, 5, 7, 8, 10],
  lydian: [0, 2, 4, 6, 7, 9, 11],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
  aeolian: [0, 2, 3, 5, 7, 8, 10],
  locrian: [0, 1, 3, 5, 6, 8, 10],
  major_pentatonic: [0, 2, 4, 7, 9],
  minor_pentatonic: [0, 3, 5, 7, 10],
  harmonic_minor: [0, 2, 3, 5, 7, 8, 11],
};

/** Pitch classes of a key. */
export function scale(tonic: string, mode: string): number[] {
  const root = kTonics[tonic];
  const steps = kModes[mode];
  if (root === undefined || steps === undefined) {
    throw new Error(`no such key: ${tonic} ${mode}`);
  }
  return steps.map((step) => (root + step) % 12);
}

/** Pitch classes of a chord symbol as the protocol writes them: root, quality, colour and bass. */
export function chordTones(symbol: string): number[] {
  const parts = /^([A-G][#b]{0,2})([^/]*)(?:\/([A-G][#b]{0,2}))?$/.exec(symbol);
  const root = kTonics[parts?.[1] ?? ""];
  if (parts === null || root === undefined) {
    throw new Error(`no such chord: ${symbol}`);
  }
  const quality = parts[2] ?? "";
  let steps = [0, 4, 7];
  if (/^(?:m|min)(?!aj)/.test(quality)) {
    steps = [0, 3, 7];
  } else if (quality.startsWith("dim")) {
    steps = [0, 3, 6];
  } else if (quality.startsWith("aug") || quality.startsWith("+")) {
    steps = [0, 4, 8];
  } else if (quality.startsWith("sus2")) {
    steps = [0, 2, 7];
  } else if (quality.startsWith("sus4")) {
    steps = [0, 5, 7];
  }
  if (quality.includes("b5")) {
    steps = [...steps.slice(0, 2), 6];
  }
  if (quality.includes("maj7")) {
    steps.push(11);
  } else if (quality.includes("7")) {
    steps.push(quality.startsWith("dim") ? 9 : 10);
  } else if (quality.includes("6")) {
    steps.push(9);
  }
  if (quality.includes("9")) {
    steps.push(2);
  }
  const tones = steps.map((step) => (root + step) % 12);
  const bass = kTonics[parts[3] ?? ""];
  return bass === undefined || tones.includes(bass) ? tones : [...tones, bass];
}

/** Energy of the differences over energy of the samples, as amplitudes: grows with the share of high frequencies. */
export function brightness(sound: Sound): number {
  let energy = 0;
  for (let i = 1; i < sound.samples.length; ++i) {
    energy += (sound.samples[i]! - sound.samples[i - 1]!) ** 2;
  }
  return Math.sqrt(energy / Math.max(1, sound.samples.length)) / Math.max(rms(sound.samples), 1e-9);
}

/**
 * Onsets a second: peaks of the log-compressed spectral flux (S. Dixon, "Onset Detection Revisited", DAFx 2006), in
 * hops of 11 ms. Loudness does not matter: the sound is measured against its own level.
 */
export function onsetsPerSecond(sound: Sound): number {
  const size = 2048;
  const hop = 512;
  const level = Math.max(rms(sound.samples), 1e-9) * size;
  const flux: number[] = [];
  let before: Float64Array | null = null;
  for (let start = 0; start + size <= sound.samples.length; start += hop) {
    const now = spectrum(sound.samples, start, size).map((magnitude) => Math.log1p((kCompression * magnitude) / level));
    let rise = 0;
    for (let bin = 0; before !== null && bin < now.length; ++bin) {
      rise += Math.max(0, now[bin]! - before[bin]!);
    }
    flux.push(rise);
    before = now;
  }
  let onsets = 0;
  for (let i = 0; i < flux.length; ++i) {
    const near = flux.slice(Math.max(0, i - 3), i + 4);
    const around = flux.slice(Math.max(0, i - 40), i + 41).sort((a, b) => a - b);
    const median = around[Math.floor(around.length / 2)]!;
    if (flux[i] === Math.max(...near) && flux[i]! > kRise * median) {
      ++onsets;
    }
  }
  return (onsets * sound.rate) / sound.samples.length;
}

const kCompression = 1000;
/** How far an onset rises above what is usual around it. */
const kRise = 1.8;
