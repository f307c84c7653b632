// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { streamAddress } from "./address";

describe("streamAddress", () => {
  it("leads to the server the page came from", () => {
    expect(streamAddress(new URL("http://localhost:8080/?x=1#y"), { station: "main", codec: "opus" }))
      .toBe("ws://localhost:8080/ws/stream?station=main&codec=opus");
  });

  it("is encrypted where the page is", () => {
    expect(streamAddress(new URL("https://radio.example/"), { station: "main", codec: "pcm16" })).toMatch(/^wss:/);
  });

  it("names the preset and the station to resume", () => {
    const address = streamAddress(new URL("http://h/"), { station: "private", codec: "opus", preset: "sleep", resume: "p-1" });
    expect(new URL(address).searchParams.get("preset")).toBe("sleep");
    expect(new URL(address).searchParams.get("resume")).toBe("p-1");
  });
});
