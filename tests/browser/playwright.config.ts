// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "@playwright/test";

/**
 * A real Chromium against the real server. One worker: audio and two cores leave no room for a second browser.
 * No retries: a test that passes at the second try has failed.
 */
export default defineConfig({
  testDir: "journeys",
  outputDir: "../../build/test/browser",
  workers: 1,
  retries: 0,
  forbidOnly: process.env["CI"] === "true",
  // Limits are for what never comes: nothing is judged by how fast a machine gets there.
  timeout: 300_000,
  expect: { timeout: 45_000 },
  reporter: [["list"], ["json", { outputFile: "../../build/test/browser.json" }]],
  use: {
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      // Every test starts the sound with a real click or key: headless Chromium is as strict as one with a window.
      args: [
        "--autoplay-policy=document-user-activation-required",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
