// SPDX-License-Identifier: Apache-2.0
import { test as base } from "@playwright/test";
import { Listener } from "./listener";
import { Server } from "./server";

interface PerTest {
  readonly listener: Listener;
}
interface PerWorker {
  readonly server: Server;
}

/** A test with a server (one for all tests of a worker) and a listener before a page that is not opened yet. */
export const test = base.extend<PerTest, PerWorker>({
  server: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  listener: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await use(new Listener(page));
    base.expect(complaints, "uncaught errors in the page").toEqual([]);
  },
});

export { expect } from "@playwright/test";
