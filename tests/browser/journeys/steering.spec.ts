// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "../support/journey";
import { kRate } from "../support/listener";

test("what sounds is saved as a preset, refused twice, loaded and deleted, by keyboard", async ({ listener, server }) => {
  const { page } = listener;
  await listener.open(server.url);
  await listener.play();
  await listener.setSlider("bpm", 97);
  await expect.poll(async () => (await listener.state()).parameters.bpm).toBe(97);

  await page.getByTestId("open-own-presets").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("own-presets")).toBeVisible();

  // A built-in name is refused in words, and nothing offers to replace it.
  await page.getByTestId("preset-name").focus();
  await page.keyboard.type("Focus");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("preset-refusal")).toHaveText("Focus is built in. Choose another name.");
  await expect(page.getByTestId("preset-replace")).toHaveCount(0);

  await page.getByTestId("preset-name").fill("Rainy Sunday");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-rainy-sunday")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("preset-rainy-sunday")).toHaveText("Rainy Sunday");
  await expect(page.getByTestId("announcements")).toHaveText("Saved as Rainy Sunday");

  // The same name again: refused, and this one may be replaced.
  await page.getByTestId("preset-name").fill("rainy sunday");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("preset-refusal")).toContainText("There is a preset called Rainy Sunday already.");
  await page.getByTestId("preset-replace").click();
  await expect(page.getByTestId("load-rainy-sunday")).toHaveText("rainy sunday");

  // It is on the server: another visit finds it and goes back to its tempo.
  await page.getByTestId("own-presets-close").click();
  await page.getByTestId("preset-sleep").click();
  await expect.poll(async () => (await listener.state()).parameters.bpm).not.toBe(97);
  await page.reload();
  await listener.play();
  await page.getByTestId("preset-rainy-sunday").click();
  await expect.poll(async () => (await listener.state()).parameters.bpm).toBe(97);

  // Deleting asks first.
  await page.getByTestId("open-own-presets").click();
  await page.getByTestId("delete-rainy-sunday").click();
  await page.getByTestId("keep-rainy-sunday").click();
  await expect(page.getByTestId("load-rainy-sunday")).toBeVisible();
  await page.getByTestId("delete-rainy-sunday").click();
  await page.getByTestId("confirm-delete-rainy-sunday").click();
  await expect(page.getByTestId("load-rainy-sunday")).toHaveCount(0);
  await expect(page.getByTestId("preset-rainy-sunday")).toHaveCount(0);
  const left = (await (await page.request.get(`${server.url}/api/presets`)).json()) as { id: string }[];
  expect(left.map(({ id }) => id)).not.toContain("rainy-sunday");
});

test("a chord of the key is held until the harmony is composed again", async ({ listener, server }) => {
  const { page } = listener;
  await listener.open(server.url);
  await expect(page.getByTestId("chord-auto")).toBeDisabled();
  await listener.play();
  await listener.chooseGrid("now");
  await listener.chooseKey("C");
  await listener.chooseMode("ionian");
  const chord = async (): Promise<string | null> => (await listener.state()).chord;

  for (const name of ["F", "Em"]) {
    await page.getByTestId(`chord-${name}`).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByTestId(`chord-${name}`)).toHaveAttribute("aria-pressed", "true");
    await expect(page.getByTestId("chord-auto")).toHaveAttribute("aria-pressed", "false");
    await expect.poll(chord).toBe(name);
  }
  // It stays, where the composed harmony would have gone on.
  const stayed = await listener.chords(8);
  expect(stayed.length).toBeGreaterThan(8);
  expect(stayed.at(-1)!.at - stayed[0]!.at, "it was watched for long enough").toBeGreaterThan(6 * kRate);
  expect(new Set(stayed.map(({ chord: name }) => name))).toEqual(new Set(["Em"]));

  await page.getByTestId("chord-auto").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("chord-auto")).toHaveAttribute("aria-pressed", "true");
  await expect.poll(chord).not.toBe("Em");

  // Another key lets go too.
  await page.getByTestId("chord-G").click();
  await expect.poll(chord).toBe("G");
  await listener.chooseKey("E");
  await expect(page.getByTestId("chord-auto")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("chord-F#m")).toBeVisible();
});
