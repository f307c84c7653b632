// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { linkWords } from "./words";

describe("linkWords", () => {
  it("counts down to the next attempt and says why it is needed", () => {
    const link = { state: "waiting", retryAt: 5000, reason: "no connection" } as const;
    expect(linkWords("playing", link, 2100)).toBe("Offline: no connection, trying again in 3 s");
    expect(linkWords("playing", link, 9000)).toContain("in 0 s");
  });

  it("tells a first attempt from a later one", () => {
    expect(linkWords("starting", { state: "connecting", attempt: 1 }, 0)).toBe("Connecting");
    expect(linkWords("playing", { state: "connecting", attempt: 3 }, 0)).toBe("Reconnecting");
  });

  it("does not call a page live that was stopped", () => {
    expect(linkWords("stopped", { state: "closed" }, 0)).toBe("Not playing");
    expect(linkWords("playing", { state: "open" }, 0)).toBe("Live");
  });
});
