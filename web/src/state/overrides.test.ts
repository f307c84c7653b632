// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { parseOverrides } from "./overrides";

describe("parseOverrides", () => {
  it("leaves everything to the page where nothing is asked for", () => {
    expect(parseOverrides(new URLSearchParams("decoder=best"))).toEqual({ decoder: "any", sharedMemory: true });
  });

  it("takes what is asked for", () => {
    expect(parseOverrides(new URLSearchParams("decoder=wasm&memory=messages"))).toEqual({ decoder: "wasm", sharedMemory: false });
  });
});
