// SPDX-License-Identifier: Apache-2.0
import { test as base } from "@playwright/test";
import { Listener } from "./listener";
import { Server } from "./server";

interface PerTest {
  readonly server: Server;
  readonly listener: Listener;
}

/**
 * A test with a server and a listener before a page that is not opened yet. The server is the test's own, and its
 * station begins the same piece at its first listener: what is heard does not hang on the tests before.
 */
export const test = base.extend<PerTest>({
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
  },
  listener: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await use(new Listener(page));
    base.expect(complaints, "uncaught errors in the page").toEqual([]);
  },
});

export { expect } from "@playwright/test";
