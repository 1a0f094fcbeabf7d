import { describe, expect, it } from "vitest";
import { pearson, ranks, spearman } from "../../src/statistics/correlation.ts";

describe("Pearson's correlation", () => {
  it("is the number worked out by hand", () => {
    // deviations (-2, -1, 0, 1, 2) and (-2, 0, 1, -1, 2): 4 + 0 + 0 - 1 + 4 = 7 of 10
    expect(pearson([1, 2, 3, 4, 5], [1, 3, 4, 2, 5])).toBeCloseTo(0.7, 14);
    // (-1, 0, 1) and (-3, -1, 4): 7 / √(2 · 26)
    expect(pearson([0, 1, 2], [0, 2, 7])).toBeCloseTo(7 / Math.sqrt(52), 14);
  });

  it("does not mind scale and shift, and is exactly ±1 for lines", () => {
    const x = [0.1, 0.7, -3, 12];
    expect(pearson(x, x.map((value) => 3 * value - 1e6))).toBeCloseTo(1, 9);
    expect(pearson(x, x.map((value) => -value))).toBe(-1);
  });

  it("is not a number where there is no spread, and refuses sides that are no pairs", () => {
    expect(pearson([1, 2], [3, 3])).toBeNaN();
    expect(pearson([], [])).toBeNaN();
    expect(() => pearson([1, 2], [1])).toThrow(RangeError);
  });
});

describe("Spearman's correlation", () => {
  it("gives equal values the mean of their ranks", () => {
    expect([...ranks([10, -2, 10, 7, 10])]).toEqual([4, 1, 4, 2, 4]);
    // ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): deviations give 4.5 / √(4.5 · 5)
    expect(spearman([0, 1, 1, 9], [3, 4, 5, 6])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 14);
  });

  it("sees only the order", () => {
    expect(spearman([1, 2, 3, 4], [1, 10, 100, 1e9])).toBe(1);
    // 1 − 6·Σd²/(n(n²−1)) with d = (1, 1, 2, 2, 0): 1 − 60/120
    expect(spearman([1, 2, 3, 4, 5], [2, 1, 5, 2.5, 7].map((value) => value ** 3))).toBeCloseTo(1 - (6 * (1 + 1 + 1 + 1)) / 120, 14);
  });
});
