// SPDX-License-Identifier: Apache-2.0
import { expectNoObjections, kLooks, look, shoot } from "../support/eyes";
import { expect, test } from "../support/journey";

for (const { theme, device } of kLooks) {
  test(`every view shows something, fits, and axe finds nothing to object to: ${device}, ${theme}`, async ({ listener, server }) => {
    const { page } = listener;
    await look(page, theme, device);
    const see = async (view: string): Promise<void> => {
      await shoot(page, `${view}-${device}-${theme}`);
      await expectNoObjections(page, view);
    };

    await listener.open(server.url);
    await expect(page.getByTestId("play")).toBeVisible();
    await see("start");
    await listener.play();
    await expect.poll(async () => (await listener.state()).chord).not.toBeNull();
    await listener.hear(2);
    await see("playing");
    await page.getByTestId("open-own-presets").click();
    await expect(page.getByTestId("own-presets")).toBeVisible();
    await page.getByTestId("preset-name").fill("Focus");
    await page.getByTestId("preset-save").click();
    await expect(page.getByTestId("preset-refusal")).not.toBeEmpty();
    await see("presets");
    await page.getByTestId("own-presets-close").click();
    for (const panel of ["settings", "help"]) {
      await page.getByTestId(`open-${panel}`).click();
      await expect(page.getByTestId(panel)).toBeVisible();
      await see(panel);
      await page.getByTestId(`${panel}-close`).click();
      await expect(page.getByTestId(panel)).toBeHidden();
    }
  });
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
  await expect.poll(focused).toBe("open-settings");

  await page.getByTestId("play").focus();
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await listener.state()).listening).toBe("stopped");
});
