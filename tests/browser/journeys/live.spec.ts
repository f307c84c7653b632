// SPDX-License-Identifier: Apache-2.0
import { expectNoObjections, kLooks, look, shoot } from "../support/eyes";
import { expect, test } from "../support/journey";

test("the live page says what it hears of the station, in silence and with sound", async ({ listener, server }) => {
  const { page } = listener;
  await look(page, "dark", "desktop");
  await listener.open(server.url);
  await page.getByTestId("go-live").click();
  const status = page.getByTestId("live-status");
  await expect(status).toContainText("Listening");
  await expect(status).toContainText("LUFS");
  await expect(page.getByTestId("live-chord")).not.toContainText("none");
  await expect(page.getByTestId("live-key")).toContainText(/major|minor/, { timeout: 60_000 });
  // The server listens for itself: nobody has been counted.
  const stations = async (): Promise<{ id: string; listeners: number; playing: boolean }[]> => {
    const answer = await page.request.get(`${server.url}/api/stations`);
    return (await answer.json()) as { id: string; listeners: number; playing: boolean }[];
  };
  expect((await stations()).find(({ id }) => id === "main")).toMatchObject({ listeners: 0, playing: true });

  await page.getByTestId("live-sound").click();
  await listener.untilPlaying();
  await expect(page.getByTestId("live-tempo")).toContainText("bpm");
  await expect(page.getByTestId("live-timeline")).toHaveAttribute("aria-label", /chord .* key /);

  for (const { theme, device } of kLooks) {
    await look(page, theme, device);
    await expect(page.getByTestId("live-timeline")).toBeVisible();
    await shoot(page, `live-${device}-${theme}`, device === "phone");
    await expectNoObjections(page, `${device}, ${theme}`);
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
