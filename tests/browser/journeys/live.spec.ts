// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "../support/journey";

const kShots = fileURLToPath(new URL("../../../build/screenshots/", import.meta.url));
const kAxe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const kDesktop = { width: 1280, height: 800 };
const kPhone = { width: 390, height: 844 };

test("the live page says what it hears of the station, in silence and with sound", async ({ listener, server }) => {
  const { page } = listener;
  await page.setViewportSize(kDesktop);
  await page.emulateMedia({ colorScheme: "dark" });
  await listener.open(server.url);
  await page.getByTestId("go-live").click();
  const status = page.getByTestId("live-status");
  await expect(status).toContainText("Listening");
  await expect(status).toContainText("LUFS");
  await expect(page.getByTestId("live-chord")).not.toContainText("none", { timeout: 30_000 });
  await expect(page.getByTestId("live-key")).toContainText(/major|minor/, { timeout: 60_000 });
  // The server listens for itself: nobody has been counted.
  const stations = async (): Promise<{ id: string; listeners: number; playing: boolean }[]> => {
    const answer = await page.request.get(`${server.url}/api/stations`);
    return (await answer.json()) as { id: string; listeners: number; playing: boolean }[];
  };
  expect((await stations()).find(({ id }) => id === "main")).toMatchObject({ listeners: 0, playing: true });

  await page.getByTestId("live-sound").click();
  await listener.untilPlaying();
  await expect(page.getByTestId("live-tempo")).toContainText("bpm", { timeout: 30_000 });
  await expect(page.getByTestId("live-timeline")).toHaveAttribute("aria-label", /chord .* key /);

  for (const colorScheme of ["dark", "light"] as const) {
    for (const [device, viewport] of [["desktop", kDesktop], ["phone", kPhone]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await expect(page.getByTestId("live-timeline")).toBeVisible();
      await page.waitForTimeout(1200); // for the picture alone: colours glide, the lanes are drawn anew
      await page.screenshot({ path: `${kShots}live-${device}-${colorScheme}.png`, fullPage: device === "phone" });
      await page.evaluate(kAxe);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }> } };
        const found = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
        return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary }) => `${String(target)}: ${failureSummary ?? ""}`) }));
      });
      expect(violations, `${device}, ${colorScheme}`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, "nothing is wider than the page").toBeLessThanOrEqual(0);
    }
  }

  // Whoever goes elsewhere is no longer listened for; the music plays on.
  await page.getByTestId("go-listen").click();
  expect((await listener.state()).listening).toBe("playing");
});

test("a machine without a microphone is told so, and the station comes back", async ({ listener, server }) => {
  const { page } = listener;
  await listener.open(`${server.url}/#/live`);
  await expect(page.getByTestId("live-status")).toContainText("Listening");
  await page.getByTestId("live-microphone").check({ force: true });
  await expect(page.getByTestId("live-problem")).toContainText(/microphone/i);
  await page.getByTestId("live-station").check({ force: true });
  await expect(page.getByTestId("live-status")).toContainText("Listening");
  await expect(page.getByTestId("live-problem")).toHaveCount(0);
  await page.getByTestId("live-toggle").click();
  await expect(page.getByTestId("live-status")).toContainText("Not listening");
});
