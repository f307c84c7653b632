// SPDX-License-Identifier: Apache-2.0

/** The station, or the analyses and which one is looked at. */
export type Place = { readonly page: "listen" } | { readonly page: "analyse"; readonly id: string | null };

/** @param hash of the page's address; what is none of ours is the station */
export function placeOf(hash: string): Place {
  const match = /^#\/analyse(?:\/([a-z0-9]{16}))?\/?$/.exec(hash);
  return match === null ? { page: "listen" } : { page: "analyse", id: match[1] ?? null };
}

export function addressOf(place: Place): string {
  return place.page === "listen" ? "#/" : place.id === null ? "#/analyse" : `#/analyse/${place.id}`;
}
