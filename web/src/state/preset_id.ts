// SPDX-License-Identifier: Apache-2.0

const kLongest = 31;

/** The id a preset of this name has on the server; null where nothing of the name can be part of one. */
export function presetId(name: string): string | null {
  const id = name
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, kLongest)
    .replace(/-+$/, "");
  return id === "" ? null : id;
}
