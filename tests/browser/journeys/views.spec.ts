// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/journey";

const kShots = fileURLToPath(new URL("../../../build/screenshots/", import.meta.url));
const kAxe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const kDesktop = { width: 1280, height: 800 };
const kPhone = { width: 390, height: 844 };

/** How many colours a picture has, looking at every fourth pixel of every fourth row; a blank one has a handful. */
async function colours(page: Page, picture: Buffer): Promise<number> {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const seen = new Set<number>();
    for (let y = 0; y < bitmap.height; y += 4) {
      for (let x = 0; x < bitmap.width; x += 4) {
        const at = (y * bitmap.width + x) * 4;
        seen.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
      }
    }
    return seen.size;
  }, picture.toString("base64"));
}

for (const theme of ["dark", "light"] as const) {
  for (const [device, viewport] of [["desktop", kDesktop], ["phone", kPhone]] as const) {
    test(`every view shows something and fits: ${device}, ${theme}`, async ({ listener, server }) => {
      mkdirSync(kShots, { recursive: true });
      const { page } = listener;
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme });
      const shoot = async (view: string): Promise<void> => {
        const picture = await page.screenshot({ path: `${kShots}${view}-${device}-${theme}.png`, animations: "disabled" });
        expect(await colours(page, picture), `${view} is not blank`).toBeGreaterThan(64);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${view} needs no sideways scrolling`).toBeLessThanOrEqual(0);
      };

      await listener.open(server.url);
      await expect(page.getByTestId("play")).toBeVisible();
      await shoot("start");
      await listener.play();
      await expect.poll(async () => (await listener.state()).chord, { timeout: 20_000 }).not.toBeNull();
      await listener.hear(4);
      await shoot("playing");
      await page.getByTestId("open-own-presets").click();
      await expect(page.getByTestId("own-presets")).toBeVisible();
      await page.getByTestId("preset-name").fill("Focus");
      await page.getByTestId("preset-save").click();
      await expect(page.getByTestId("preset-refusal")).not.toBeEmpty();
      await shoot("presets");
      await page.getByTestId("own-presets-close").click();
      await page.getByTestId("open-settings").click();
      await expect(page.getByTestId("settings")).toBeVisible();
      await shoot("settings");
      await page.getByTestId("settings-close").click();
      await page.getByTestId("open-help").click();
      await expect(page.getByTestId("help")).toBeVisible();
      await shoot("help");
    });

    test(`axe finds nothing to object to: ${device}, ${theme}`, async ({ listener, server }) => {
      const { page } = listener;
      await page.setViewportSize(viewport);
      // Colours on their way from one to the other have no contrast of their own.
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await listener.open(server.url);
      await listener.play();
      for (const panel of ["none", "own-presets", "settings", "help"]) {
        if (panel !== "none") {
          await page.getByTestId(`open-${panel}`).click();
          await expect(page.getByTestId(panel)).toBeVisible();
        }
        await page.evaluate(kAxe);
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: {
              run(options: object): Promise<{
                violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[];
              }>;
            };
          };
          const found = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
          return found.violations.map(({ id, help, nodes }) => ({
            id, help, nodes: nodes.map(({ target, failureSummary }) => `${String(target)}: ${failureSummary ?? ""}`),
          }));
        });
        expect(violations, `with panel: ${panel}`).toEqual([]);
        if (panel !== "none") {
          await page.getByTestId(`${panel}-close`).click();
          await expect(page.getByTestId(panel)).toBeHidden();
        }
      }
    });
  }
}

test("the keyboard alone starts, steers and stops the music", async ({ listener, server }) => {
  const { page } = listener;
  await listener.open(server.url);
  const focused = (): Promise<string | null> =>
    page.evaluate(() => document.activeElement?.getAttribute("data-testid") ?? null);

  // Tab reaches the play button from the top of the page.
  let steps = 0;
  while ((await focused()) !== "play" && steps++ < 40) {
    await page.keyboard.press("Tab");
  }
  expect(await focused()).toBe("play");
  await page.keyboard.press("Enter");
  await listener.untilPlaying();

  // Arrow keys move a slider that has the focus, and what is heard follows.
  await page.getByTestId("intensity").focus();
  const before = (await listener.state()).parameters.intensity;
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect.poll(async () => (await listener.state()).parameters.intensity).toBeGreaterThan(before);

  // Among the modes, arrows choose.
  const mode = (await listener.state()).parameters.mode;
  await page.getByTestId(`mode-${mode}`).focus();
  await page.keyboard.press("ArrowDown");
  await expect.poll(async () => (await listener.state()).parameters.mode).not.toBe(mode);

  // Escape leaves a panel, and the focus comes back to where it was.
  await page.getByTestId("open-settings").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("settings")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("settings")).toBeHidden();
  expect(await focused()).toBe("open-settings");

  await page.getByTestId("play").focus();
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await listener.state()).listening).toBe("stopped");
});
