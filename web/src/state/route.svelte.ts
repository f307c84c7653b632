// SPDX-License-Identifier: Apache-2.0
import type { Scope } from "../scope";
import type { Place } from "./place";
import { addressOf, placeOf } from "./place";

/** Where in the page the visitor is; the browser's back and forward work on it. */
export class Route {
  place: Place = $state.raw(placeOf(location.hash));

  constructor(scope: Scope) {
    scope.listen(window, "hashchange", () => { this.place = placeOf(location.hash); });
  }

  go(place: Place): void {
    location.hash = addressOf(place);
  }
}
