import { describe, expect, it } from "vitest";
import {
  interquartileMean,
  mean,
  populationDeviation,
  quantile,
  sampleDeviation,
  trimmedMean,
} from "../../src/statistics/index.ts";

// The expected numbers are those of NumPy 2.4.6 and SciPy 1.17.1: numpy.mean, numpy.std, numpy.quantile, scipy.stats.trim_mean.
const ratios = [0.969, 0.966, 0.956, 0.986, 0.958, 0.981, 0.043];

describe("mean and standard deviations", () => {
  it("are NumPy's", () => {
    expect(mean(ratios)).toBeCloseTo(0.837, 12);
    expect(populationDeviation(ratios)).toBeCloseTo(0.3243102570951817, 12);
    expect(sampleDeviation(ratios)).toBeCloseTo(0.3502951136779767, 12);
  });

  it("know no spread of a single run", () => {
    expect(sampleDeviation([5])).toBeUndefined();
    expect(sampleDeviation([])).toBeUndefined();
  });
});

describe("quantiles", () => {
  it.each([
    [0, 0.043],
    [0.025, 0.17995],
    [0.25, 0.957],
    [0.5, 0.966],
    [0.9, 0.983],
    [0.975, 0.98525],
    [1, 0.986],
  ])("at %d are NumPy's", (at, value) => {
    expect(quantile(ratios, at)).toBeCloseTo(value, 12);
  });

  it("order infinite values, too", () => {
    expect(quantile([Infinity, 1, Infinity, 2], 0.9)).toBe(Infinity);
    expect(quantile([Infinity, 1, Infinity, 2], 0)).toBe(1);
    expect(quantile([-Infinity, -Infinity], 0.5)).toBe(-Infinity);
  });

  it("need a value and a share", () => {
    expect(() => quantile([], 0.5)).toThrow(/quantile 0.5 of 0 values/);
    expect(() => quantile([1], 1.5)).toThrow(/quantile 1.5/);
  });
});

describe("trimmed means", () => {
  it.each([
    [1, 0.969],
    [2, 0.9675],
    [3, 0.9636666666666667],
    [4, 0.9675],
    [5, 0.9643333333333333],
    [7, 0.966],
  ])("of the middle half of %d values are SciPy's", (count, value) => {
    expect(interquartileMean(ratios.slice(0, count))).toBeCloseTo(value, 12);
  });

  it("of squares, unsorted, are SciPy's", () => {
    const squares = Array.from({ length: 11 }, (_, i) => (i - 3) ** 2);
    expect(trimmedMean(squares, 0.1)).toBeCloseTo(11.666666666666666, 12);
    expect(trimmedMean(squares, 0.25)).toBeCloseTo(9.714285714285714, 12);
  });

  it("leave something over", () => {
    expect(() => trimmedMean([1, 2], 0.5)).toThrow(/got 0.5/);
  });
});
