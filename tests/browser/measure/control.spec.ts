// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "../support/journey";

const kOut = fileURLToPath(new URL("../../../build/bench/", import.meta.url));
const kTrials = 15;

interface Trial {
  /** From send() until a chunk arrived that differs at all, ms. */
  readonly first: number;
  /** The same until the difference has reached -40 dBFS, ms. */
  readonly audible: number;
}

/**
 * Control to sound, without guessing: two private stations with one seed send the same samples, bit by bit, until one
 * of them is told something. The first chunk in which they differ is the first that carries the change.
 */
test("control to sound", async ({ page, server }) => {
  await page.goto(server.url);
  const results: Record<string, Trial[]> = {};
  const controls = {
    "pad muted": { layers: { pad: { muted: true } } },
    "key to F#": { key: "F#", mode: "lydian" },
    "intensity to 1": { intensity: 1 },
  };
  for (const [name, control] of Object.entries(controls)) {
    results[name] = [];
    for (let trial = 0; trial < kTrials; ++trial) {
      const result = await page.evaluate(
        ([seed, change]) =>
          new Promise<Trial>((resolve, reject) => {
            const frames = 48_000 * 20;
            const level = 0.01 * 32_768; // -40 dBFS
            const told = { samples: new Int16Array(frames * 2), arrivals: [] as { end: number; at: number }[], from: -1, until: 0 };
            const untold = { samples: new Int16Array(frames * 2), from: -1, until: 0 };
            let sentAt = -1;
            let first = -1;
            let compared = -1; // until both have begun
            const open = (): WebSocket => {
              const socket = new WebSocket(
                `ws://${location.host}/ws/stream?station=private&codec=pcm16&preset=focus&seed=${seed}&events=0`,
              );
              socket.binaryType = "arraybuffer";
              return socket;
            };
            const [a, b] = [open(), open()];
            const finish = (act: () => void): void => {
              clearTimeout(timer);
              a.close(1000);
              b.close(1000);
              act();
            };
            const timer = setTimeout(() => {
              finish(() => {
                reject(new Error(`no change was heard (told ${told.until}, untold ${untold.until}, sent ${sentAt})`));
              });
            }, 15_000);
            const take = (into: { samples: Int16Array; from: number; until: number }, data: ArrayBuffer): number => {
              const view = new DataView(data);
              const at = Number(view.getBigUint64(8, true));
              const count = view.getUint32(16, true);
              into.samples.set(new Int16Array(data.slice(32, 32 + count * 4)), at * 2);
              if (into.from >= 0 && at !== into.until) {
                finish(() => {
                  reject(new Error(`frame ${at} came where ${into.until} was due`));
                });
              }
              into.from = into.from < 0 ? at : into.from;
              into.until = at + count;
              return into.until;
            };
            const compare = (): void => {
              if (told.from < 0 || untold.from < 0) {
                return;
              }
              compared = Math.max(compared, told.from, untold.from);
              const until = Math.min(told.until, untold.until);
              for (; compared < until; ++compared) {
                for (const channel of [0, 1]) {
                  const at = compared * 2 + channel;
                  const difference = Math.abs((told.samples[at] ?? 0) - (untold.samples[at] ?? 0));
                  if (difference === 0) {
                    continue;
                  }
                  const chunk = told.arrivals.find(({ end }) => end > compared);
                  if (sentAt < 0 || chunk === undefined) {
                    finish(() => {
                      reject(new Error(`the stations differ at frame ${compared} although nothing was sent`));
                    });
                    return;
                  }
                  first = first < 0 ? chunk.at - sentAt : first;
                  if (difference >= level) {
                    const audible = chunk.at - sentAt;
                    finish(() => {
                      resolve({ first, audible });
                    });
                    return;
                  }
                }
              }
            };
            // Somewhere between three and four seconds into the piece, at no round place.
            const sendAfter = 48_000 * (3 + (seed % 17) / 17);
            a.onmessage = ({ data }): void => {
              if (data instanceof ArrayBuffer) {
                const at = performance.now();
                told.arrivals.push({ end: take(told, data), at });
                if (sentAt < 0 && told.until > sendAfter && untold.until > 48_000) {
                  sentAt = performance.now();
                  a.send(JSON.stringify({ type: "control", grid: "now", ...change }));
                }
                compare();
              }
            };
            b.onmessage = ({ data }): void => {
              if (data instanceof ArrayBuffer) {
                take(untold, data);
                compare();
              }
            };
          }),
        [1000 + trial, control] as const,
      );
      results[name].push(result);
    }
    expect(results[name]).toHaveLength(kTrials);
  }
  mkdirSync(kOut, { recursive: true });
  writeFileSync(`${kOut}control.json`, JSON.stringify(results, null, 1));
});
