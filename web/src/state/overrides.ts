// SPDX-License-Identifier: Apache-2.0

/** What may be asked for in the page's address; for tests and for finding faults. */
export interface Overrides {
  readonly decoder: "any" | "wasm";
  readonly sharedMemory: boolean;
}

export function parseOverrides(query: URLSearchParams): Overrides {
  return {
    decoder: query.get("decoder") === "wasm" ? "wasm" : "any",
    sharedMemory: query.get("memory") !== "messages",
  };
}
