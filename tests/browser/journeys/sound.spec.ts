// SPDX-License-Identifier: Apache-2.0
import type { Page } from "@playwright/test";
import {
  brightness, chordTones, chroma, decibels, longestFlatMs, onsetsPerSecond, rms, scale, share,
} from "../support/ears";
import { expect, test } from "../support/journey";
import { type Listener, type Sound, kRate } from "../support/listener";
import { Server } from "../support/server";

test.describe("sound", () => {
  test("does not start before the click, and one click starts it under the browser's own autoplay policy", async ({
    listener, server,
  }) => {
    // Asked inside the page: what Playwright evaluates counts as a gesture.
    await listener.page.addInitScript(() => {
      const context = new AudioContext();
      setTimeout(() => {
        Object.assign(window, { stateWithoutGesture: context.state });
        void context.close();
      }, 500);
    });
    await listener.open(server.url);
    const state = await listener.page.waitForFunction(
      () => (window as { stateWithoutGesture?: AudioContextState }).stateWithoutGesture,
    );
    expect(await state.jsonValue(), "the policy is in force: no context runs without a gesture").toBe("suspended");
    expect((await listener.stats()).contextRunning).toBe(false);

    await listener.play();

    expect((await listener.stats()).contextRunning).toBe(true);
    await expect.poll(async () => (await listener.played(0.5)).rms).toBeGreaterThan(0.003);
  });

  test("arrives whole: at a sane level, without gaps, holes or clipping", async ({ listener, server }) => {
    await listener.open(server.url);
    await listener.play();
    const sound = await listener.hear(6);
    const level = decibels(rms(sound.samples));
    expect(level).toBeGreaterThan(-36);
    expect(level).toBeLessThan(-10);
    expect(sound.peak).toBeLessThan(0.99);
    expect(longestFlatMs(sound)).toBeLessThan(5);
    // What leaves the worklet is the same sound: the buffer finds its depth, and from then on there is no hole.
    await expect
      .poll(async () => (await listener.played(5)).silenceMs, { intervals: [1000] })
      .toBeLessThan(5);
    const played = await listener.played(5);
    expect(decibels(played.rms)).toBeGreaterThan(-36);
    expect(played.peak).toBeLessThan(1);
    const after = await listener.stats();
    expect(after.lostFrames).toBe(0);
    expect(after.dropped).toBe(0);
    expect(after.undecodable).toBe(0);
    expect(after.decoder).toBe("WebCodecs");
    expect(after.sharedMemory).toBe(true);
  });

  test("has its energy where the key and the chord on display are", async ({ listener, server }) => {
    await listener.open(server.url);
    await listener.play();
    await expect.poll(async () => (await listener.state()).chord).not.toBeNull();
    // What is heard lags what is received, and ten seconds of that are kept: note the chord while it sounds, look at its
    // samples soon after.
    const chords = await listener.chords(4);
    expect(chords.length).toBeGreaterThan(4);
    const first = chords[0]!;
    const last = chords.at(-1)!;
    const sound = await listener.hear((last.at - first.at) / kRate + 0.4, first.at);
    const { key, mode } = (await listener.state()).parameters;
    expect(share(chroma(sound), scale(key, mode))).toBeGreaterThan(0.85);

    let ofChord = 0;
    for (const { at, chord } of chords) {
      const start = at - sound.at;
      const piece = { ...sound, at, samples: sound.samples.subarray(start, start + 16_384) };
      ofChord += share(chroma(piece), chordTones(chord)) / chords.length;
    }
    // Three or four of twelve pitch classes would have a third by chance; the room and the melody keep it below one.
    expect(ofChord).toBeGreaterThan(0.6);
  });
});

test.describe("controls with grid now change the sound received", () => {
  const begin = async (listener: Listener, server: Server): Promise<void> => {
    await listener.open(server.url);
    await listener.chooseGrid("now");
    await listener.play();
  };

  // The room rings for three seconds: sound from four seconds after the change on belongs to it alone.
  const kRing = 4;

  test("key: the notes of the new scale take over", async ({ listener, server }) => {
    await begin(listener, server);
    await listener.chooseKey("C");
    await listener.chooseMode("ionian");
    const before = await listener.hear(5, (await listener.receivedUntil()) + kRing * kRate);
    await listener.chooseKey("F#");
    const after = await listener.hear(5, (await listener.receivedUntil()) + kRing * kRate);

    const [c, fSharp] = [scale("C", "ionian"), scale("F#", "ionian")];
    expect(share(chroma(before), c)).toBeGreaterThan(0.85);
    expect(share(chroma(before), fSharp)).toBeLessThan(0.5);
    expect(share(chroma(after), fSharp)).toBeGreaterThan(0.85);
    expect(share(chroma(after), c)).toBeLessThan(0.5);
  });

  test("mode: C phrygian has the flats that C ionian has not", async ({ listener, server }) => {
    const flats = [1, 3, 8, 10];
    const naturals = [2, 4, 9, 11];
    await begin(listener, server);
    await listener.chooseKey("C");
    await listener.chooseMode("ionian");
    const before = chroma(await listener.hear(5, (await listener.receivedUntil()) + kRing * kRate));
    await listener.chooseMode("phrygian");
    const after = chroma(await listener.hear(5, (await listener.receivedUntil()) + kRing * kRate));

    expect(share(before, naturals)).toBeGreaterThan(4 * share(before, flats));
    expect(share(after, flats)).toBeGreaterThan(4 * share(after, naturals));
    expect(share(after, scale("C", "phrygian"))).toBeGreaterThan(0.85);
  });

  test("intensity: the same bars are louder and brighter, and more begins in them", async ({ listener }) => {
    // Late enough for a slow machine to have set the slider and for the room to have forgotten what was before.
    const from = 14 * kRate;
    const heard: Sound[] = [];
    for (const intensity of [0.05, 0.95]) {
      const server = await Server.start();
      try {
        await begin(listener, server);
        await listener.setSlider("intensity", intensity);
        await expect.poll(async () => (await listener.state()).parameters.intensity).toBeCloseTo(intensity, 2);
        expect(await listener.receivedUntil(), "the control was in time").toBeLessThan(from - kRing * kRate);
        heard.push(await listener.hear(8, from));
      } finally {
        await server.stop();
      }
    }
    const [calm, lively] = heard as [Sound, Sound];

    expect(decibels(rms(lively.samples))).toBeGreaterThan(decibels(rms(calm.samples)) + 1);
    expect(brightness(lively)).toBeGreaterThan(1.4 * brightness(calm));
    expect(onsetsPerSecond(lively)).toBeGreaterThan(1.2 * onsetsPerSecond(calm));
  });
});

test.describe("a page that is busy", () => {
  const kBlocks = 10;
  const kBlockMs = 400;
  /** Blocks the page's thread again and again, and says for how many ms in all. */
  const block = (page: Page): Promise<number> =>
    page.evaluate(([wanted, length]) => new Promise<number>((resolve) => {
      let times = 0;
      const once = (): void => {
        const end = performance.now() + length;
        while (performance.now() < end) {
          // Nothing else on this thread gets a turn.
        }
        times += 1;
        if (times === wanted) {
          resolve(times * length);
        } else {
          setTimeout(once, 50);
        }
      };
      once();
    }), [kBlocks, kBlockMs] as const);

  for (const [how, query] of [["shared memory", ""], ["messages", "?memory=messages"]] as const) {
    test(`hears no underrun while its thread is blocked for 400 ms again and again, by ${how}`, async ({ listener, server }) => {
      await listener.open(`${server.url}/${query}`);
      await listener.play();
      expect((await listener.stats()).sharedMemory).toBe(query === "");
      // The buffer's first seconds, in which its depth is found.
      await listener.hear(4);
      // A busy machine holds up the sound now and then by itself; a page whose thread mattered would each time.
      await expect(async () => {
        const before = await listener.stats();
        const from = await listener.receivedUntil();
        expect(await block(listener.page)).toBe(kBlocks * kBlockMs);
        const played = await listener.played((kBlocks * kBlockMs) / 1000);
        expect(played.silenceMs, "no hole in what left the worklet").toBeLessThan(5);
        expect(decibels(played.rms)).toBeGreaterThan(-40);
        await listener.hear(4, from);
        const after = await listener.stats();
        expect(after.underruns).toBe(before.underruns);
        expect(after.targetMs, "the buffer grew no deeper").toBeLessThanOrEqual(before.targetMs);
        expect(after.lostFrames).toBe(before.lostFrames);
      }).toPass({ timeout: 120_000, intervals: [2_000] });
    });
  }
});
