import { describe, expect, it } from "vitest";
import { correlation, disagreement, moments, peaks, zScores } from "../../src/viewer/statistics.ts";

describe("statistics of rewards", () => {
  it("has mean and deviation of what is finite", () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, deviation 2
    const { mean, deviation } = moments([2, 4, NaN, 4, 4, 5, Infinity, 5, 7, 9]);
    expect(mean).toBeCloseTo(5, 12);
    expect(deviation).toBeCloseTo(2, 12);
    expect(moments([]).deviation).toBeNaN();
  });

  it("scores by deviations from the mean", () => {
    expect([...zScores([2, 4, 4, 4, 5, 5, 7, 9])]).toEqual([-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2]);
    expect([...zScores([3, 3, NaN])]).toEqual([0, 0, NaN]);
  });

  it("correlates what moves together, whatever the units", () => {
    const a = [1, 2, 3, 4, 5];
    expect(correlation(a, a.map((x) => 100 - 7 * x))).toBeCloseTo(-1, 12);
    // by hand: covariance 8/5, variances 2 and 2: r = 0.8
    expect(correlation(a, [2, 1, 4, 3, 5])).toBeCloseTo(0.8, 12);
    expect(correlation([...a, NaN], [2, 1, 4, 3, 5, 7])).toBeCloseTo(0.8, 12);
    expect(correlation(a, [1, 1, 1, 1, 1])).toBeNaN();
  });

  it("finds where rewards disagree, each place once, worst first", () => {
    const apart = [0, 1, 5, 4.9, 0, 0, 0, 3, 2, 0, 0, 8];
    expect(peaks(apart, 3, 3)).toEqual([11, 2, 7]);
    expect(peaks(apart, 2, 3)).toEqual([11, 2]);
    expect(peaks([NaN, 0, 0], 3, 1)).toEqual([]);
    const same = [1, 2, 3, 10];
    expect([...disagreement(same, same.map((x) => 5 * x - 2))].every((x) => x < 1e-12)).toBe(true);
  });
});
