// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { toPcm16 } from "./pcm16";

describe("a sample as 16 bits", () => {
  it("keeps silence and full scale", () => {
    expect([0, 1, -1, 0.5].map(toPcm16)).toEqual([0, 32_767, -32_767, 16_384]);
  });

  it("clips what is louder and hushes what is no number", () => {
    expect([1.5, -7, Infinity, -Infinity, NaN].map(toPcm16)).toEqual([32_767, -32_767, 32_767, -32_767, 0]);
  });
});
