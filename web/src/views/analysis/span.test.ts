// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { clockText, confined, fitted, following, pinched, rulerMarks, scrolled, timeAt, xAt, zoomed } from "./span";

const kExtent = { length: 3600, width: 1000 };
const kSpan = { from: 100, scale: 0.05 };

describe("a timeline's span", () => {
  it("fits the whole recording, and whatever is done to it never leaves that", () => {
    expect(fitted(kExtent)).toEqual({ from: 0, scale: 3.6 });
    expect(confined({ from: -5, scale: 99 }, kExtent)).toEqual({ from: 0, scale: 3.6 });
    expect(scrolled(kSpan, 1e9, kExtent).from).toBeCloseTo(3600 - 50, 6);
    expect(scrolled(kSpan, -1e9, kExtent).from).toBe(0);
    expect(zoomed(kSpan, 1e9, 0, kExtent).scale).toBe(0.0005);
    expect(zoomed(kSpan, 1e-9, 0, kExtent)).toEqual(fitted(kExtent));
  });

  it("holds together for nothing at all", () => {
    const none = { length: 0, width: 0 };
    expect(Number.isFinite(fitted(none).scale)).toBe(true);
    expect(rulerMarks(fitted(none), none)).toHaveLength(1);
    expect(following(fitted(none), 0, none).from).toBe(0);
  });

  it("keeps in place what lies under the pointer", () => {
    const closer = zoomed(kSpan, 3, 400, kExtent);
    expect(timeAt(400, closer)).toBeCloseTo(timeAt(400, kSpan), 9);
    const back = zoomed(closer, 1 / 3, 400, kExtent);
    expect(back.from).toBeCloseTo(kSpan.from, 9);
    expect(back.scale).toBeCloseTo(kSpan.scale, 9);
  });

  it("keeps what lies under each of two fingers under them", () => {
    const after = pinched(kSpan, [300, 500], [200, 800], kExtent);
    expect(timeAt(200, after)).toBeCloseTo(timeAt(300, kSpan), 6);
    expect(timeAt(800, after)).toBeCloseTo(timeAt(500, kSpan), 6);
    expect(pinched(kSpan, [300, 300], [310, 310], kExtent).scale).toBe(kSpan.scale);
  });

  it("turns the page when the cursor leaves it", () => {
    expect(following(kSpan, 120, kExtent)).toBe(kSpan);
    const turned = following(kSpan, 149, kExtent);
    expect(xAt(149, turned)).toBeCloseTo(80, 6);
    expect(xAt(50, following(kSpan, 50, kExtent))).toBeCloseTo(80, 6);
  });
});

describe("a ruler", () => {
  it("says the time at round steps that do not run into one another", () => {
    for (const scale of [0.0005, 0.003, 0.05, 0.7, 3.6]) {
      const marks = rulerMarks(confined({ from: 700, scale }, kExtent), kExtent);
      expect(marks.length).toBeGreaterThan(2);
      expect(marks.length).toBeLessThanOrEqual(15);
      const gaps = marks.slice(1).map((mark, i) => mark.x - (marks[i]?.x ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(76);
    }
    expect(rulerMarks({ from: 0, scale: 3.6 }, kExtent).map((mark) => mark.text).slice(0, 3)).toEqual(["0:00", "5:00", "10:00"]);
    expect(rulerMarks({ from: 61, scale: 0.0005 }, kExtent).map((mark) => mark.text).slice(0, 2)).toEqual(["1:01.00", "1:01.05"]);
  });

  it("writes times as a clock does", () => {
    expect([0, 59.96, 83.42, 3661].map((at) => clockText(at, 1))).toEqual(["0:00.0", "1:00.0", "1:23.4", "1:01:01.0"]);
    expect(clockText(59.6)).toBe("1:00");
    expect(clockText(7325)).toBe("2:02:05");
  });
});
