// SPDX-License-Identifier: Apache-2.0

/** The station, what is heard as it sounds, or the analyses and which one is looked at. */
export type Place = { readonly page: "listen" } | { readonly page: "live" } | { readonly page: "analyse"; readonly id: string | null };

/** @param hash of the page's address; what is none of ours is the station */
export function placeOf(hash: string): Place {
  if (/^#\/live\/?$/.test(hash)) {
    return { page: "live" };
  }
  const match = /^#\/analyse(?:\/([a-z0-9]{16}))?\/?$/.exec(hash);
  return match === null ? { page: "listen" } : { page: "analyse", id: match[1] ?? null };
}

export function addressOf(place: Place): string {
  switch (place.page) {
    case "listen":
      return "#/";
    case "live":
      return "#/live";
    case "analyse":
      return place.id === null ? "#/analyse" : `#/analyse/${place.id}`;
  }
}
