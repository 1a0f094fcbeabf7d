import { describe, expect, it } from "vitest";
import { aggregateColumn, improvements, reversed } from "../../../tools/report/aggregates.ts";
import { countCells, effortOf, heldOf, isFinished, reportCells } from "../../../tools/report/cells.ts";
import { formatFixed, returnDecimals } from "../../../tools/report/numbers.ts";
import { doneSeed, smallTable } from "./tables.ts";

const reports = reportCells(smallTable());
const cellOf = (row: string, column: string) => {
  const found = reports.find((report) => report.row.name === row && report.column === column);
  if (found === undefined) throw new Error(`${row}, ${column}`);
  return found;
};

describe("a cell", () => {
  it("is the mean and spread of its finished runs, relative to our reference; the published one to its own", () => {
    const { last, best, publishedRatio, missing } = cellOf("Hopper", "A");
    // returns 1900, 1800 and 2000: standard deviation √((0 + 100² + 100²)/2)
    expect(last).toEqual({ values: [1900, 1800, 2000], mean: 1900, deviation: 100, ratio: 0.95 });
    expect(best?.mean).toBe(2000);
    expect(publishedRatio).toBe(0.5);
    expect(missing).toEqual([]);
  });

  it("leaves runs out that are not finished, and names them", () => {
    const { last, missing } = cellOf("Hopper", "B");
    expect(last).toEqual({ values: [1000], mean: 1000, ratio: 0.5 });
    expect(last?.deviation).toBeUndefined();
    expect(missing).toEqual(["1 failed", "1 running"]);
  });

  it("has no ratio where the reference was not measured", () => {
    expect(cellOf("Ant", "A").last).toEqual({ values: [500], mean: 500 });
    expect(cellOf("Ant", "A").missing).toEqual(["2 waiting"]);
  });

  it("says why there is nothing", () => {
    expect(cellOf("Hopper", "C").missing).toEqual(["not run"]);
    expect(cellOf("Ant", "B").missing).toEqual(["not in the suite"]);
    expect(cellOf("Ant", "C").missing).toEqual(["1 done without a result"]);
  });

  it("is counted once, by how much of it there is", () => {
    expect(countCells(reports)).toEqual({
      complete: 1,
      partial: 2,
      pending: 1,
      neverRun: 1,
      runs: [["done", 6], ["failed", 1], ["running", 1], ["waiting", 2]],
    });
  });
});

describe("what runs took", () => {
  const finished = (...held: (number | null)[]) =>
    held.map((stepsToHold90, seed) => doneSeed(seed, 1, { stepsToHold90, wallSeconds: 10 * (seed + 1) })).filter(isFinished);

  it.each([
    [[300, 100, 200], { steps: 200, seeds: 3, of: 3 }],
    // a run that never holds it is later than all others
    [[300, null, 100], { steps: 300, seeds: 2, of: 3 }],
    [[100, null], { steps: null, seeds: 1, of: 2 }],
    [[null, null, 100], { steps: null, seeds: 1, of: 3 }],
    [[100, 200, 300, null], { steps: 250, seeds: 3, of: 4 }],
  ])("90 %% held from %j is the median", (held, expected) => {
    expect(heldOf(finished(...held))).toEqual(expected);
  });

  it("is the mean time, and the steps or, where there are none, the updates", () => {
    expect(effortOf(finished(1, 2, 3))).toEqual({ steps: [800_000, 800_000], unit: "environment steps", wallSeconds: 20 });
    const offline = [doneSeed(0, 1, { environmentSteps: 0, updates: 200 }), doneSeed(1, 1, { environmentSteps: 0, updates: 300 })];
    expect(effortOf(offline.filter(isFinished))).toMatchObject({ steps: [200, 300], unit: "updates" });
    expect(effortOf([])).toBeUndefined();
  });
});

describe("a column over rows", () => {
  it("has an interquartile mean of all ratios, and no interval where a row has one run", () => {
    const { interquartileMean, interval, rows, singles, missing, runs } = aggregateColumn(reports, "A", "last");
    // 0.95, 0.9 and 1: nothing is cut of three
    expect(interquartileMean).toBeCloseTo(0.95, 12);
    expect({ rows, singles, missing, runs }).toEqual({ rows: ["Hopper"], singles: [], missing: ["Ant"], runs: 3 });
    // with three runs the interval of the mean is their range
    expect(interval?.low).toBeCloseTo(0.9, 12);
    expect(interval?.high).toBeCloseTo(1, 12);
    expect(aggregateColumn(reports, "B", "last")).toMatchObject({ interquartileMean: 0.5, interval: undefined, singles: ["Hopper"] });
  });

  it("is compared with others where both have results", () => {
    const [one, ...others] = improvements(reports, ["A", "B", "C"]);
    expect(others).toEqual([]);
    expect(one).toEqual({ of: "A", over: "B", probability: 1, rows: ["Hopper"], interval: undefined });
    expect(reversed({ ...one, probability: 0.7, interval: { low: 0.5, high: 1 } })).toEqual({
      of: "B",
      over: "A",
      probability: expect.closeTo(0.3, 12) as number,
      interval: { low: 0, high: 0.5 },
      rows: ["Hopper"],
    });
  });
});

describe("numbers", () => {
  it.each([
    [-0.0004, 3, "0.000"],
    [-14.01, 1, "−14.0"],
    [3334.2, 0, "3334"],
    [12174.61, 2, "12,174.61"],
    [-12000, 0, "−12,000"],
  ])("%d with %d decimals is %s", (value, decimals, text) => {
    expect(formatFixed(value, decimals)).toBe(text);
  });

  it("have decimals by the largest of a row", () => {
    expect([returnDecimals([-1200, 3]), returnDecimals([187.69, -1.04]), returnDecimals([1]), returnDecimals([])]).toEqual([0, 1, 2, 2]);
  });
});
