// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { expectNoObjections, kLooks, look, shoot } from "../support/eyes";
import { expect, test } from "../support/journey";
import { recording } from "../support/recording";

const kSeconds = 24;
const kBeatNumbers = 4; // as a corrected beat is kept

test("a recording is analysed, heard, corrected and taken home while the station plays on", async ({ listener, server }) => {
  const { page } = listener;
  await listener.open(server.url);
  await listener.play();
  await page.getByTestId("go-analyse").click();
  await expect(page.getByTestId("drop")).toBeVisible();
  for (const { theme, device } of kLooks) {
    await look(page, theme, device);
    await shoot(page, `drop-${device}-${theme}`);
  }

  // Something else than sound is refused in words.
  await page.getByTestId("choose-file").setInputFiles({ name: "notes.wav", mimeType: "audio/wav", buffer: Buffer.from("no sound at all\n".repeat(99)) });
  await expect(page.getByTestId("refusal")).toContainText("notes.wav");
  expect((await listener.state()).listening, "the station goes on").toBe("playing");

  await page.getByTestId("choose-file").setInputFiles({ name: "thumps.wav", mimeType: "audio/wav", buffer: recording(kSeconds, 120) });
  await expect(page.getByTestId("analysis-title")).toHaveText("thumps.wav", { timeout: 60_000 });
  await expect(page.getByTestId("facts")).toContainText("LUFS");
  await expect(page.getByTestId("facts")).toContainText("sure");
  const timeline = page.getByTestId("timeline");
  await expect(timeline).toHaveAttribute("aria-valuemax", String(kSeconds));

  // Heard: the clock goes, the station gives way, and stops where it is told to.
  await page.getByTestId("file-play").click();
  const clock = async (): Promise<number> => Number(/0:(\d\d)/.exec(await page.getByTestId("clock").innerText())?.[1]);
  await expect.poll(clock).toBeGreaterThanOrEqual(1);
  expect((await listener.state()).listening).toBe("stopped");
  await page.getByTestId("click").click();
  await expect(page.getByTestId("click")).toHaveAttribute("aria-pressed", "true");
  await page.getByTestId("file-play").click();

  await expect(page.getByTestId("click")).toBeVisible();
  for (const { theme, device } of kLooks) {
    await look(page, theme, device);
    await shoot(page, `analyse-${device}-${theme}`, device === "phone");
    await expectNoObjections(page, `${device}, ${theme}`);
  }
  await look(page, "dark", "desktop");

  // By keyboard along the timeline, closer and back.
  await timeline.focus();
  await page.keyboard.press("End");
  await expect(timeline).toHaveAttribute("aria-valuenow", String(kSeconds));
  await page.keyboard.press("Home");
  await expect(timeline).toHaveAttribute("aria-valuenow", "0");
  await page.keyboard.press("ArrowRight");
  await expect(timeline).not.toHaveAttribute("aria-valuenow", "0");
  await page.keyboard.press("+");
  await page.keyboard.press("0");

  // Corrected, taken back, done again, and exported as it is then.
  const exported = async (): Promise<{ at: number; position: number }[]> => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export-beats").click()]);
    expect(download.suggestedFilename()).toBe("thumps.beats");
    const text = readFileSync(await download.path(), "utf8");
    return text.trim().split("\n").map((line) => line.split("\t").map(Number)).map(([at = NaN, position = NaN]) => ({ at, position }));
  };
  const found = await exported();
  expect(found.length).toBeGreaterThan(kSeconds / 2);
  await page.getByTestId("grid-double").click();
  expect(await exported()).toHaveLength(2 * found.length - 1);
  await page.getByTestId("grid-undo").click();
  await page.getByTestId("grid-shift-10").click();
  const shifted = await exported();
  expect((shifted[3]?.at ?? 0) - (found[3]?.at ?? 0)).toBeCloseTo(0.01, 5);
  await page.getByTestId("grid-undo").click();
  expect(await exported()).toEqual(found);

  // All that was found goes home as a table, too.
  const [table] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export-csv").click()]);
  expect(readFileSync(await table.path(), "utf8")).toContain("thumps.wav");

  // It is still there after a reload, with its waveform and as it was corrected, and gone once deleted.
  await page.getByTestId("grid-double").click();
  const id = new URL(page.url()).hash.split("/").at(-1) ?? "";
  await expect
    .poll(() => page.evaluate((key) => (JSON.parse(localStorage.getItem(key) ?? "[]") as unknown[]).length, `auralis.grid.${id}`))
    .toBe(1 + kBeatNumbers * (2 * found.length - 1));
  await page.reload();
  await expect(page.getByTestId("analysis-title")).toHaveText("thumps.wav");
  expect(await exported()).toHaveLength(2 * found.length - 1);
  await page.getByTestId("grid-undo").click();
  expect(await exported()).toEqual(found);
  await page.getByTestId(`delete-${id}`).click();
  await page.getByTestId(`confirm-delete-${id}`).click();
  await expect(page.getByTestId(`analysis-${id}`)).toHaveCount(0);
  await expect(page.getByTestId("drop")).toBeVisible();
});
