// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "../support/journey";
import { recording } from "../support/recording";

// What this browser's microphone hears: played round and round, so it is a whole number of bars.
const kFolder = fileURLToPath(new URL("../../../build/test/", import.meta.url));
const kHeard = `${kFolder}microphone.wav`;
mkdirSync(kFolder, { recursive: true });
writeFileSync(kHeard, recording(16, 120));

const kArguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${kHeard}`];

test.use({
  launchOptions: {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [...kArguments, "--use-fake-ui-for-media-stream"],
  },
});

for (const memory of ["shared", "messages"]) {
  test(`the microphone is heard: tempo, key and chord of what it picks up (${memory})`, async ({ listener, server }) => {
    const { page } = listener;
    await listener.open(`${server.url}/?memory=${memory}#/live`);
    await page.getByTestId("live-microphone").check({ force: true });
    const status = page.getByTestId("live-status");
    await expect(status).toContainText("Listening");
    await expect(status).toContainText("microphone");
    await expect(page.getByTestId("live-tempo")).toHaveText(/1(19|20|21)/);
    await expect(page.getByTestId("live-chord")).toContainText("A");
    await expect(page.getByTestId("live-key")).toContainText(/A minor|C major/);
    await expect(status).toContainText("transients after");
    // Stopped, the microphone is given back.
    await page.getByTestId("live-toggle").click();
    await expect(status).toContainText("Not listening");
    await expect(page.getByTestId("live-toggle")).toHaveText("Listen");
  });
}
