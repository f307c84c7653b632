// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Page, expect } from "@playwright/test";

const kShots = fileURLToPath(new URL("../../../build/screenshots/", import.meta.url));
const kAxe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Fewer colours are a blank picture. */
const kFewColours = 64;

export type Theme = "dark" | "light";
export type Device = "desktop" | "phone";
export const kLooks = (["dark", "light"] as const).flatMap((theme) => (["desktop", "phone"] as const).map((device) => ({ theme, device })));

/** The page on that device. Without motion: colours on their way from one to the other have no contrast of their own. */
export async function look(page: Page, theme: Theme, device: Device): Promise<void> {
  await page.setViewportSize(device === "desktop" ? { width: 1280, height: 800 } : { width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
}

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

/** The view as it is now, to build/screenshots: it shows something, and nothing is wider than the page. */
export async function shoot(page: Page, view: string, fullPage = false): Promise<void> {
  // A canvas of another size is drawn anew a moment later.
  await expect
    .poll(async () => colours(page, await page.screenshot({ path: `${kShots}${view}.png`, animations: "disabled", fullPage })), { message: `${view} is not blank` })
    .toBeGreaterThan(kFewColours);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${view} needs no sideways scrolling`).toBeLessThanOrEqual(0);
}

/** What axe objects to by WCAG 2.2 AA: nothing. @param what of the page, for the message */
export async function expectNoObjections(page: Page, what: string): Promise<void> {
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
  expect(violations, what).toEqual([]);
}
