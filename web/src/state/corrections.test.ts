// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import type { Shelf } from "./corrections";
import { Corrections } from "./corrections";
import type { Grid } from "./grid";
import { shifted } from "./grid";

class FakeShelf implements Shelf {
  readonly items = new Map<string, string>();

  constructor(private readonly room = Infinity) {}

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    const others = [...this.items].reduce((sum, [name, text]) => sum + (name === key ? 0 : text.length), 0);
    if (others + value.length > this.room) {
      throw new DOMException("full", "QuotaExceededError");
    }
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

function gridOf(beats: number): Grid {
  return {
    beatsPerBar: 4,
    beats: Array.from({ length: beats }, (_, i) => ({ at: i / 2, position: (i % 4) + 1, confidence: 0.5, downbeat_confidence: 0.25 })),
  };
}

describe("beats as corrected", () => {
  it("come back on the next visit, also those before the start", () => {
    const shelf = new FakeShelf();
    const grid = shifted(gridOf(8), -20);
    new Corrections(shelf).save("a", grid);
    expect(new Corrections(shelf).load("a")).toEqual(grid);
    expect(new Corrections(shelf).load("b")).toBeNull();
  });

  it("are forgotten once dropped", () => {
    const shelf = new FakeShelf();
    const corrections = new Corrections(shelf);
    corrections.save("a", gridOf(8));
    corrections.drop("a");
    expect(corrections.load("a")).toBeNull();
    expect([...shelf.items.values()].join()).toBe("[]");
  });

  it("are those corrected last where there are many, or little room", () => {
    const many = new FakeShelf();
    for (let i = 0; i < 30; ++i) {
      new Corrections(many).save(`id${i}`, gridOf(4));
    }
    expect(new Corrections(many).load("id9")).toBeNull();
    expect(new Corrections(many).load("id10")).not.toBeNull();

    const small = new FakeShelf(2_000);
    for (let i = 0; i < 6; ++i) {
      new Corrections(small).save(`id${i}`, gridOf(40));
    }
    expect(new Corrections(small).load("id5")).toEqual(gridOf(40));
    expect(new Corrections(small).load("id0")).toBeNull();
  });

  it("are none where what is kept makes no sense, or nothing is kept", () => {
    const shelf = new FakeShelf();
    for (const text of ["", "{", "null", "{}", "[]", '["4",0,1,0,0]', "[4,0,1,0]", "[4,null,1,0,0]", "[4,0,99,0,0]", "[4,0,1,2,0]"]) {
      shelf.items.set("auralis.grid.a", text);
      expect(new Corrections(shelf).load("a"), text).toBeNull();
    }
    const none = new Corrections(null);
    none.save("a", gridOf(4));
    expect(none.load("a")).toBeNull();
  });
});
