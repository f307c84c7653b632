// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { Place } from "./place";
import { addressOf, placeOf } from "./place";

describe("a place in the page", () => {
  it("comes back from its address", () => {
    const places: readonly Place[] = [{ page: "listen" }, { page: "live" }, { page: "analyse", id: null }, { page: "analyse", id: "0123456789abcdef" }];
    for (const place of places) {
      expect(placeOf(addressOf(place))).toEqual(place);
    }
  });

  it("is the station for any other address", () => {
    for (const hash of ["", "#", "#/elsewhere", "#/analyse/../x", "#/analysed", "#/lively"]) {
      expect(placeOf(hash)).toEqual({ page: "listen" });
    }
  });
});
