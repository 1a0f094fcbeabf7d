import { describe, expect, it } from "vitest";
import { holdoutRanges, modelData } from "../../../agents/world-model/data.ts";
import { UserError } from "../../../src/errors.ts";
import { createRandom } from "../../../src/random/index.ts";
import { expectClose } from "../../nn/graphs.ts";
import { setOf } from "./hand-made.ts";

/** Episodes of given lengths; every row's numbers tell which one it is. */
const numbered = (lengths: readonly number[], unknown?: readonly number[]) =>
  setOf({
    observationSize: 2,
    actionSize: 1,
    lengths,
    unknown,
    row: (i) => ({ observation: [i, i * i], action: [-i], next: [i + 0.5 * (i % 3), i * i + i], reward: 3 * i }),
  });

const options = { rewards: false, holdoutFraction: 0.2, holdoutRows: 1000 };

const rowsOf = (ranges: readonly { start: number; end: number }[]): number => ranges.reduce((sum, { start, end }) => sum + end - start, 0);

describe("the holdout", () => {
  it("is of whole episodes, and nothing of it is learned from", () => {
    const set = numbered([3, 7, 5, 4, 6, 8, 2, 9, 6]);
    const seen = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const { training, holdout } = modelData(set, options, createRandom(seed));
      expect([...training, ...holdout].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      const held = new Set(holdout);
      for (const { start, end } of set.episodes) {
        const inside = Array.from({ length: end - start }, (_, i) => held.has(start + i));
        expect(new Set(inside).size, `episode from ${start} on, seed ${seed}`).toBe(1);
        if (inside[0]) seen.add(start);
      }
      // a fifth of 50 rows, and not a whole episode more
      expect(holdout.length).toBeGreaterThanOrEqual(10);
      expect(holdout.length).toBeLessThan(10 + 9);
    }
    // any episode may be drawn
    expect(seen.size).toBe(9);
  });

  it("is as large as asked for, and not larger than the most", () => {
    const set = numbered(new Array<number>(100).fill(10));
    const rows = (holdoutFraction: number, holdoutRows: number): number =>
      rowsOf(holdoutRanges(set, { holdoutFraction, holdoutRows }, createRandom(1)));
    expect(rows(0.2, 1000)).toBe(200);
    expect(rows(0.05, 1000)).toBe(50);
    expect(rows(0.2, 70)).toBe(70);
    expect(rows(0.0001, 1000)).toBe(10);
    // one episode is left to learn from
    expect(rows(0.999, 1000)).toBe(990);
  });

  it("is drawn by the random numbers, the same each time", () => {
    const set = numbered(new Array<number>(100).fill(10));
    const draw = (seed: number) => holdoutRanges(set, { holdoutFraction: 0.2, holdoutRows: 1000 }, createRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("of a single episode is its end", () => {
    const { training, holdout } = modelData(numbered([20]), options, createRandom(0));
    expect([...training]).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect([...holdout]).toEqual([16, 17, 18, 19]);
  });

  it("has no rows whose next observation is not known, and neither has the rest", () => {
    const unknown = [2, 9, 14, 18, 24, 32, 34, 43, 49];
    const { training, holdout } = modelData(numbered([3, 7, 5, 4, 6, 8, 2, 9, 6], unknown), options, createRandom(3));
    expect(training.length + holdout.length).toBe(50 - unknown.length);
    for (const row of unknown) expect([...training, ...holdout]).not.toContain(row);
  });

  it("and rows to learn from must both be there", () => {
    expect(() => modelData(numbered([1]), options, createRandom(0))).toThrow(UserError);
    expect(() => modelData(numbered([1, 1], [0]), options, createRandom(0))).toThrow(/cannot be trained on 1 transitions/);
  });
});

describe("the standardisation", () => {
  it("has mean and deviation of the rows that are learned from, by hand", () => {
    // a single episode: rows 0 … 3 are learned from, row 4 is far away and held out
    const rows = [
      { observation: [1, 10], action: [0], next: [2, 10], reward: 1 },
      { observation: [3, 10], action: [2], next: [3, 10], reward: 1 },
      { observation: [5, 30], action: [0], next: [6, 30], reward: 5 },
      { observation: [7, 30], action: [2], next: [7, 30], reward: 5 },
      { observation: [1000, 1000], action: [1000], next: [0, 0], reward: 1000 },
    ];
    const set = setOf({ observationSize: 2, actionSize: 1, lengths: [5], row: (i) => rows[i] });
    const data = modelData(set, { ...options, rewards: true }, createRandom(0));
    const { inputMean, inputScale, targetMean, targetScale } = data.standardization;
    // 1, 3, 5, 7: variance 5; 10, 10, 30, 30: 100; 0, 2, 0, 2: 1
    expectClose(inputMean, [4, 20, 1]);
    expectClose(inputScale, [Math.sqrt(5), 10, 1]);
    // changes 1, 0, 1, 0 and 0, 0, 0, 0, which is left as it is; rewards 1, 1, 5, 5
    expectClose(targetMean, [0.5, 0, 3]);
    expectClose(targetScale, [0.5, 1, 2]);
    expect([data.inputSize, data.targetSize]).toEqual([3, 3]);
    expectClose(data.inputs.subarray(0, 3), [-3 / Math.sqrt(5), -1, -1]);
    expectClose(data.inputs.subarray(9, 12), [3 / Math.sqrt(5), 1, 1]);
    expectClose(data.targets.subarray(0, 3), [1, 0, -1]);
    expectClose(data.targets.subarray(9, 12), [-1, 0, 1]);
    // what lies far outside enters clipped, and is not clipped where it is what should come out
    expectClose(data.inputs.subarray(12), [10, 10, 10]);
    expectClose(data.targets.subarray(12), [(-1000 - 0.5) / 0.5, -1000, 498.5]);
  });

  it("is that of minibatches in which some rows have a share of their own, by hand", () => {
    const values = [0, 2, 4, 6, 100, 104, -50, -50];
    const set = setOf({ observationSize: 1, actionSize: 1, lengths: [8], row: (i) => ({ observation: [values[i]], action: [0], next: [values[i]] }) });
    const emphasis = { from: 4, share: 0.25 };
    // 0 … 100, 104 are learned from, rows 6 and 7 held out
    const few = modelData(set, { ...options, holdoutFraction: 0.25, emphasis }, createRandom(0));
    expect([...few.emphasized.rows]).toEqual([4, 5]);
    const mean = 0.75 * ((0 + 2 + 4 + 6 + 100 + 104) / 6) + 0.25 * 102;
    const square = (x: number): number => (x - mean) ** 2;
    const variance = 0.75 * (([0, 2, 4, 6, 100, 104].map(square).reduce((a, b) => a + b)) / 6) + 0.25 * ((square(100) + square(104)) / 2);
    expectClose([few.standardization.inputMean[0]], [mean]);
    expectClose([few.standardization.inputScale[0]], [Math.sqrt(variance)]);
    // all emphasized rows held out: as without
    const none = modelData(set, { ...options, holdoutFraction: 0.5, emphasis }, createRandom(0));
    expect(none.emphasized.share).toBe(0);
    expectClose([none.standardization.inputMean[0]], [3]);
  });

  it("leaves the reward out where it is not asked for", () => {
    const data = modelData(numbered([10, 10]), options, createRandom(0));
    expect(data.targetSize).toBe(2);
    expect(data.targets).toHaveLength(2 * 20);
    expect(data.standardization.targetScale).toHaveLength(2);
  });

  it("does not magnify what rounding makes of a component that never changes", () => {
    // 0.1 in single precision, many times
    const set = setOf({
      observationSize: 2,
      actionSize: 1,
      lengths: new Array<number>(20).fill(50),
      row: (i) => ({ observation: [i % 7, 123456.7], action: [0.1], next: [(i + 1) % 7, 123456.7] }),
    });
    const { inputs, targets, standardization } = modelData(set, options, createRandom(0));
    expect(standardization.inputScale[1]).toBe(1);
    expect(standardization.inputScale[2]).toBe(1);
    expect(Math.max(...inputs.map(Math.abs))).toBeLessThan(3);
    expect(Math.max(...targets.map(Math.abs))).toBeLessThan(3);
  });
});
