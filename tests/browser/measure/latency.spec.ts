// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "../support/journey";

const kOut = fileURLToPath(new URL("../../../build/bench/", import.meta.url));
const kReadings = 120;

/** From a sample's generation to the moment it is heard, as the page's status line has it, on one machine's clock. */
test("generation to playback", async ({ listener, server }) => {
  await listener.open(server.url);
  await listener.play();
  await listener.hear(5);
  const readings: { latency: number; buffer: number }[] = [];
  await expect
    .poll(async () => {
      const reading = await listener.page.evaluate(() => {
        const stats = window.__auralis!.stats() as unknown as {
          latency: { ms: number; exact: boolean } | null; bufferMs: number;
        };
        return stats.latency?.exact === true ? { latency: stats.latency.ms, buffer: stats.bufferMs } : null;
      });
      if (reading !== null) {
        readings.push(reading);
      }
      return readings.length;
    }, { timeout: 120_000, intervals: [250] })
    .toBeGreaterThanOrEqual(kReadings);
  const stats = await listener.stats();
  mkdirSync(kOut, { recursive: true });
  writeFileSync(`${kOut}latency.json`, JSON.stringify({ readings, underruns: stats.underruns }, null, 1));
});
