// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "@playwright/test";
import journeys from "./playwright.config";

/** What tools/bench/run.py measures in the browser; results go to build/bench. */
export default defineConfig({
  ...journeys,
  testDir: "measure",
  timeout: 300_000,
  reporter: [["list"]],
});
