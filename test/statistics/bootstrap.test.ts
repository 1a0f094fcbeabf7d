import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import {
  bootstrapInterval,
  improvementInterval,
  interquartileMean,
  mean,
  probabilityOfImprovement,
  quantile,
  shareOfWins,
  type Strata,
} from "../../src/statistics/index.ts";

/** Every way to draw as many as there are, with replacement: all equally likely. */
function drawings(runs: readonly number[]): number[][] {
  return runs.reduce<number[][]>(
    (partial) => partial.flatMap((start) => runs.map((run) => [...start, run])),
    [[]],
  );
}

const everyResample = (strata: Strata): number[][][] =>
  strata.reduce<number[][][]>(
    (partial, runs) => partial.flatMap((start) => drawings(runs).map((drawing) => [...start, drawing])),
    [[]],
  );

const interquartile = (strata: Strata): number => interquartileMean(strata.flat());

const tasks: Strata = [
  [1, 2, 4],
  [10, 20],
];

describe("the stratified bootstrap", () => {
  it("draws each of the 108 resamples of a tiny table as often as the others", () => {
    const seen = new Map<string, number>();
    const resamples = 54_000;
    const count = (strata: Strata): number => {
      const key = JSON.stringify(strata);
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return 0;
    };
    bootstrapInterval(tasks, count, createRandom(1), { resamples });
    expect([...seen.keys()].sort()).toEqual(everyResample(tasks).map((strata) => JSON.stringify(strata)).sort());
    const expected = resamples / 108;
    const chiSquare = [...seen.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 107 degrees of freedom: the 0.1 and 99.9 % points
    expect(chiSquare).toBeGreaterThan(66);
    expect(chiSquare).toBeLessThan(158);
  });

  it.each([0.9, 0.6])("ends where all resamples, enumerated, have their quantiles (level %d)", (level) => {
    const exact = everyResample(tasks).map(interquartile);
    const interval = bootstrapInterval(tasks, interquartile, createRandom(2), { level });
    expect(interval?.low).toBeCloseTo(quantile(exact, (1 - level) / 2), 12);
    expect(interval?.high).toBeCloseTo(quantile(exact, (1 + level) / 2), 12);
  });

  it("of the mean of three runs is their range: each end alone is 1/27, more than 2.5 %", () => {
    const interval = bootstrapInterval([[3, 1, 8]], (strata) => mean(strata.flat()), createRandom(3));
    expect(interval).toEqual({ low: 1, high: 8 });
  });

  it("of a large sample's mean is the normal interval", () => {
    const random = createRandom(4);
    const sample = Array.from({ length: 400 }, () => random.normal());
    const centre = mean(sample);
    const halfWidth = 1.96 * Math.sqrt(mean(sample.map((value) => (value - centre) ** 2)) / 400);
    const interval = bootstrapInterval([sample], ([drawn]) => mean(drawn), createRandom(5), { resamples: 4000 });
    expect((interval?.high ?? NaN) - centre).toBeCloseTo(halfWidth, 2);
    expect(centre - (interval?.low ?? NaN)).toBeCloseTo(halfWidth, 2);
  });

  it("is the same from the same seed", () => {
    const interval = (seed: number) =>
      bootstrapInterval([[0.2, 0.35, 0.4, 0.9, 0.95]], ([runs]) => mean(runs), createRandom(seed), { resamples: 200 });
    expect(interval(6)).toEqual(interval(6));
    expect(interval(6)).not.toEqual(interval(7));
  });

  it.each([[[[5]]], [[[1, 2], [5]]], [[[1, 2], []]], [[]]])("has no interval for %j: a task lacks a second run", (strata: number[][]) => {
    expect(bootstrapInterval(strata, interquartile, createRandom(0))).toBeUndefined();
  });
});

describe("the probability of improvement", () => {
  const x = [
    [3.1, 2, 4.4],
    [0.2, 0.2],
  ];
  const y = [
    [2, 2.5, 5, 1],
    [0.2, 0.1, 0.3],
  ];

  it("is U/(n·m) of scipy.stats.mannwhitneyu, averaged over tasks", () => {
    expect(shareOfWins(x[0], y[0])).toBeCloseTo(7.5 / 12, 12);
    expect(shareOfWins(x[1], y[1])).toBeCloseTo(3 / 6, 12);
    expect(probabilityOfImprovement(x, y)).toBeCloseTo((7.5 / 12 + 3 / 6) / 2, 12);
  });

  it("adds up to 1 with its reverse, and is a half against itself", () => {
    expect(probabilityOfImprovement(x, y) + probabilityOfImprovement(y, x)).toBeCloseTo(1, 12);
    expect(probabilityOfImprovement(x, x)).toBeCloseTo(0.5, 12);
    expect(probabilityOfImprovement([[2, 3]], [[0, 1]])).toBe(1);
  });

  it("has the interval of all resamples of both, enumerated", () => {
    const [a, b] = [[[0, 2, 5]], [[1, 2, 3]]];
    const exact = everyResample([...a, ...b]).map(([ours, theirs]) => shareOfWins(ours, theirs));
    const interval = improvementInterval(a, b, createRandom(8), { level: 0.5 });
    // 0.19 of the 729 resamples lie below 1/3, 0.36 at it or below
    expect(quantile(exact, 0.25)).toBeCloseTo(1 / 3, 12);
    expect(interval?.low).toBeCloseTo(1 / 3, 12);
    expect(interval?.high).toBeCloseTo(quantile(exact, 0.75), 12);
  });

  it("has no interval from single runs, and compares the same tasks only", () => {
    expect(improvementInterval([[1, 2]], [[1]], createRandom(0))).toBeUndefined();
    expect(() => probabilityOfImprovement(x, y.slice(1))).toThrow(/2 and 1 tasks/);
  });
});
