// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { deafWords, phaseWords } from "./words";

describe("what the live page says", () => {
  it("tells what to do about each microphone that is not heard", () => {
    const problems = ["denied", "none", "busy", "insecure", "failed", "ended"] as const;
    const words = problems.map(deafWords);
    expect(new Set(words).size).toBe(problems.length);
    expect(deafWords("denied")).toContain("Allow it");
  });

  it("counts down to the next attempt and no further", () => {
    expect(phaseWords({ kind: "waiting", until: 4200 }, 1000)).toBe("Offline, trying again in 4 s");
    expect(phaseWords({ kind: "waiting", until: 1000 }, 4000)).toBe("Offline, trying again in 0 s");
    expect(phaseWords({ kind: "listening" }, 0)).toBe("Listening");
  });
});
