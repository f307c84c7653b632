// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { changed, historyOf, redone, undone } from "./history";

describe("a history", () => {
  it("goes back and forth, and forgets what was taken back when something else is done", () => {
    const start = { n: 0 };
    const one = { n: 1 };
    const history = changed(changed(historyOf(start), one), { n: 2 });
    expect(undone(history).present).toBe(one);
    expect(undone(undone(history)).present).toBe(start);
    expect(undone(undone(undone(history))).present).toBe(start);
    expect(redone(undone(history)).present).toEqual({ n: 2 });
    expect(redone(changed(undone(history), { n: 3 })).present).toEqual({ n: 3 });
  });

  it("takes a drag back as one", () => {
    const start = { n: 0 };
    const dragged = changed(changed(changed(historyOf(start), { n: 1 }), { n: 2 }, true), { n: 3 }, true);
    expect(undone(dragged).present).toBe(start);
  });

  it("does not grow without end, nor by nothing", () => {
    let history = historyOf({ n: -1 });
    for (let n = 0; n < 1000; ++n) {
      history = changed(history, { n });
    }
    expect(history.past.length).toBeLessThanOrEqual(200);
    expect(changed(history, history.present)).toBe(history);
  });
});
