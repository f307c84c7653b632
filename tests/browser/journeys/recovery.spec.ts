// SPDX-License-Identifier: Apache-2.0
import { decibels, rms } from "../support/ears";
import { expect, test } from "../support/journey";
import { Proxy } from "../support/proxy";
import { Server } from "../support/server";

test("the server is killed and started again on the same port: the page plays on without a reload", async ({
  listener,
}) => {
  let server = await Server.start();
  try {
    await listener.open(server.url);
    await listener.play();
    await listener.hear(1);
    const origin = await listener.page.evaluate(() => performance.timeOrigin);

    await server.kill();
    await expect.poll(async () => (await listener.state()).link.state).not.toBe("open");
    server = await Server.start(server.port);

    await expect.poll(async () => (await listener.state()).link.state).toBe("open");
    await listener.untilPlaying();
    const sound = await listener.hear(3);
    expect(decibels(rms(sound.samples))).toBeGreaterThan(-40);
    await expect.poll(async () => (await listener.played(1)).silenceMs).toBeLessThan(5);
    expect(await listener.page.evaluate(() => performance.timeOrigin)).toBe(origin);
    expect((await listener.stats()).reconnects).toBeGreaterThanOrEqual(1);
  } finally {
    await server.stop();
  }
});

test("settings survive a reload", async ({ listener, server }) => {
  await listener.open(server.url);
  await listener.setSlider("volume", 0.35);
  await listener.chooseGrid("phrase");
  // Without motion: a colour on its way to another is neither.
  await listener.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const theme = (): Promise<string | undefined> => listener.page.evaluate(() => document.documentElement.dataset["theme"]);
  await listener.page.getByTestId("theme-toggle").click();
  await expect.poll(theme).toBe("dark");
  // Written a moment after the last change.
  await expect
    .poll(() => listener.page.evaluate(() => JSON.parse(localStorage.getItem("auralis.settings") ?? "{}") as object))
    .toMatchObject({ grid: "phrase", volume: 0.35, theme: "dark" });

  await listener.page.reload();
  await listener.page.waitForFunction(() => window.__auralis !== undefined);

  expect((await listener.state()).volume).toBeCloseTo(0.35, 2);
  await expect(listener.page.getByTestId("volume")).toHaveValue("0.35");
  expect(await theme()).toBe("dark");
  await listener.page.getByTestId("open-settings").click();
  await expect(listener.page.getByTestId("grid-phrase")).toBeChecked();
});

test("without cross-origin isolation it plays all the same, by messages", async ({ listener, server }) => {
  const proxy = await Proxy.start(server.port, {
    without: ["cross-origin-opener-policy", "cross-origin-embedder-policy"],
  });
  try {
    await listener.open(proxy.url);
    expect(await listener.page.evaluate(() => crossOriginIsolated)).toBe(false);
    await listener.play();
    await listener.hear(2);
    expect((await listener.stats()).sharedMemory).toBe(false);
    await expect.poll(async () => (await listener.played(2)).silenceMs).toBeLessThan(5);
    expect(decibels((await listener.played(2)).rms)).toBeGreaterThan(-40);
  } finally {
    await listener.page.goto("about:blank");
    await proxy.stop();
  }
});

test("without WebCodecs it decodes by WASM", async ({ listener, server }) => {
  // What decodes is the receiver's worker, which no init script reaches: its own script loses them instead.
  const proxy = await Proxy.start(server.port, {
    before: {
      address: /receiver_worker.*\.js$/,
      text: "delete globalThis.AudioDecoder; delete globalThis.EncodedAudioChunk;\n",
    },
  });
  try {
    await listener.open(proxy.url);
    await listener.play();
    const sound = await listener.hear(3);
    expect((await listener.stats()).decoder).toBe("WASM");
    expect(decibels(rms(sound.samples))).toBeGreaterThan(-40);
    expect(sound.peak).toBeLessThan(0.99);
    await expect.poll(async () => (await listener.played(2)).silenceMs).toBeLessThan(5);
  } finally {
    await listener.page.goto("about:blank");
    await proxy.stop();
  }
});
