// SPDX-License-Identifier: Apache-2.0
import { type Page, expect } from "@playwright/test";

/** What of the page's diagnostics (web/src/diagnostics.ts) the tests look at. */
export interface PageState {
  readonly listening: "stopped" | "starting" | "playing" | "failed";
  readonly link: { readonly state: string };
  readonly preset: string;
  readonly parameters: {
    readonly key: string;
    readonly mode: string;
    readonly bpm: number;
    readonly intensity: number;
  };
  readonly chord: string | null;
  readonly volume: number;
}

export interface PageStats {
  readonly decoder: string | null;
  readonly sharedMemory: boolean | null;
  readonly contextRunning: boolean;
  readonly heardFrame: number | null;
  readonly lostFrames: number;
  readonly underruns: number;
  readonly dropped: number;
  readonly undecodable: number;
  readonly bufferMs: number;
  readonly targetMs: number;
  readonly reconnects: number;
}

/** Contiguous mono sound with its place in the stream. */
export interface Sound {
  /** Stream frame of the first sample. */
  readonly at: number;
  readonly rate: number;
  readonly samples: Float32Array;
  /** Largest |sample| of either channel. */
  readonly peak: number;
}

interface Diagnostics {
  state(): PageState;
  stats(): PageStats;
  received(from?: number, to?: number): Promise<{
    chunks: readonly { at: number; frames: number; arrived: number; left: Float32Array; right: Float32Array }[];
    until: number;
  }>;
  played(): Promise<{ samples: Float32Array; sampleRate: number; played: number } | null>;
}

declare global {
  interface Window {
    __auralis?: Diagnostics;
  }
}

export const kRate = 48_000;

/** The listener at the page: what it sees, hears and does. */
export class Listener {
  constructor(readonly page: Page) {}

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.waitForFunction(() => window.__auralis !== undefined);
  }

  /** One click, and sound. */
  async play(): Promise<void> {
    await this.page.getByTestId("play").click();
    await this.untilPlaying();
  }

  async untilPlaying(): Promise<void> {
    await expect.poll(async () => (await this.state()).listening).toBe("playing");
    await expect.poll(async () => (await this.stats()).heardFrame).not.toBeNull();
  }

  state(): Promise<PageState> {
    return this.page.evaluate(() => window.__auralis!.state());
  }

  stats(): Promise<PageStats> {
    return this.page.evaluate(() => window.__auralis!.stats());
  }

  /** Stream frame after the last one received. */
  async receivedUntil(): Promise<number> {
    const until = (): Promise<number> => this.page.evaluate(async () => (await window.__auralis!.received(0, 0)).until);
    // A stream that has just begun has brought nothing yet.
    await expect.poll(until).toBeGreaterThan(0);
    return until();
  }

  /**
   * Waits until `seconds` of sound from stream frame `from` on have been received, and gives exactly those. The page
   * keeps ten seconds, so it waits and cuts in one go, without coming back here in between. @pre seconds <= 8
   */
  async hear(seconds: number, from?: number): Promise<Sound> {
    const start = from ?? (await this.receivedUntil());
    const end = start + Math.round(seconds * kRate);
    const { samples, peak, gap } = await this.page.evaluate(async ([first, last]) => {
      const deadline = performance.now() + (last - first) / 48 + 30_000;
      for (;;) {
        const { until } = await window.__auralis!.received(0, 0);
        if (until >= last) {
          break;
        }
        if (performance.now() > deadline) {
          throw new Error(`frame ${last} never came; the last one was ${until - 1}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { chunks } = await window.__auralis!.received(first, last);
      const mono = new Float32Array(last - first);
      let next = first;
      let missing: string | null = null;
      let loudest = 0;
      for (const chunk of chunks) {
        if (next === first ? chunk.at > first : chunk.at !== next) {
          missing ??= `frame ${chunk.at} came where ${next} was due`;
        }
        next = chunk.at + chunk.frames;
        for (let i = 0; i < chunk.frames; ++i) {
          const left = chunk.left[i] ?? NaN;
          const right = chunk.right[i] ?? NaN;
          loudest = Math.max(loudest, Math.abs(left), Math.abs(right));
          const place = chunk.at + i - first;
          if (place >= 0 && place < mono.length) {
            mono[place] = (left + right) / 2;
          }
        }
      }
      // Base64 of the raw floats: a plain array of half a million numbers takes seconds to cross.
      const bytes = new Uint8Array(mono.buffer);
      let text = "";
      for (let i = 0; i < bytes.length; i += 32_768) {
        text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
      }
      return { samples: btoa(text), peak: loudest, gap: missing };
    }, [start, end] as const);
    expect(gap, "received sound has no gap").toBeNull();
    const bytes = Buffer.from(samples, "base64");
    const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return { at: start, rate: kRate, samples: floats, peak };
  }

  /** The chord on display and the stream frame heard at that moment, five times a second, for `seconds`. */
  chords(seconds: number): Promise<{ at: number; chord: string }[]> {
    return this.page.evaluate(
      (length) =>
        new Promise<{ at: number; chord: string }[]>((resolve) => {
          const seen: { at: number; chord: string }[] = [];
          const end = performance.now() + length * 1000;
          const look = setInterval(() => {
            const { chord } = window.__auralis!.state();
            const { heardFrame } = window.__auralis!.stats();
            if (chord !== null && heardFrame !== null) {
              seen.push({ at: Math.round(heardFrame), chord });
            }
            if (performance.now() > end) {
              clearInterval(look);
              resolve(seen);
            }
          }, 200);
        }),
      seconds,
    );
  }

  /** RMS of what the worklet put out in the last `seconds`, and its longest stretch of exact silence in ms. */
  played(seconds: number): Promise<{ rms: number; silenceMs: number; peak: number }> {
    return this.page.evaluate(async (length) => {
      const sound = await window.__auralis!.played();
      if (sound === null) {
        return { rms: 0, silenceMs: Infinity, peak: 0 };
      }
      const samples = sound.samples.slice(-Math.floor(length * sound.sampleRate) * 2);
      let energy = 0;
      let peak = 0;
      let run = 0;
      let longest = 0;
      for (const sample of samples) {
        energy += sample * sample;
        peak = Math.max(peak, Math.abs(sample));
        run = sample === 0 ? run + 1 : 0;
        longest = Math.max(longest, run);
      }
      return {
        rms: Math.sqrt(energy / Math.max(1, samples.length)),
        silenceMs: (longest / 2 / sound.sampleRate) * 1000,
        peak,
      };
    }, seconds);
  }

  /** Chooses when changes take effect, through the settings panel. */
  async chooseGrid(grid: "now" | "beat" | "bar" | "phrase"): Promise<void> {
    await this.page.getByTestId("open-settings").click();
    await this.page.getByTestId(`grid-${grid}`).check({ force: true });
    await this.page.getByTestId("settings-close").click();
    await expect(this.page.getByTestId("settings")).toBeHidden();
  }

  async chooseKey(tonic: string): Promise<void> {
    await this.page.getByTestId(`key-${tonic}`).click({ force: true });
    await expect.poll(async () => (await this.state()).parameters.key).toBe(tonic);
  }

  async chooseMode(mode: string): Promise<void> {
    await this.page.getByTestId(`mode-${mode}`).check({ force: true });
    await expect.poll(async () => (await this.state()).parameters.mode).toBe(mode);
  }

  async setSlider(name: string, value: number): Promise<void> {
    await this.page.getByTestId(name).fill(String(value));
  }
}
