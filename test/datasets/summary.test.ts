import { describe, expect, it } from "vitest";
import { stateCoverage } from "../../datasets/coverage.ts";
import { openDataset } from "../../datasets/open.ts";
import { summarize } from "../../datasets/summary.ts";
import { flags, floats, hopperMinari, hopperRandom, useTemporaryFiles, writeSmall } from "./hdf5-files.ts";

const file = useTemporaryFiles();

describe("summarize", () => {
  it("sums up a file of D4RL's layout on D4RL's scale", async () => {
    const dataset = await openDataset(hopperRandom, { environment: "Hopper-v5" });
    const summary = summarize(dataset);
    dataset.close();
    expect(summary).toMatchObject({
      format: "d4rl",
      environment: "Hopper-v5",
      episodes: 90,
      transitions: 2000,
      observationSize: 11,
      actionSize: 3,
      lengths: { min: 1, mean: 2000 / 90, max: 79 },
      terminations: 89,
      truncations: 0,
    });
    // The sum of all rewards in NumPy, by 90 episodes.
    const mean = 1705.9613746919495 / 90;
    expect(summary.returns.mean).toBeCloseTo(mean, 9);
    expect(summary.returns.max).toBeCloseTo(110.87633842229843, 9);
    expect(summary.normalizedScore).toBeCloseTo((mean + 20.272305) / (3234.3 + 20.272305), 12);
  });

  it("sums up a Minari dataset on the scale that came with it", async () => {
    const dataset = await openDataset(hopperMinari);
    const { returns, normalizedScore, referenceScores } = summarize(dataset);
    dataset.close();
    expect(returns.mean).toBeCloseTo(438.4444360768637 / 20, 10);
    expect(referenceScores).toEqual({ min: 0, max: 1, source: "Minari" });
    expect(normalizedScore).toBe(returns.mean);
  });

  it("knows no score where the environment is not known", async () => {
    const dataset = await openDataset(hopperRandom);
    expect(summarize(dataset)).toMatchObject({
      environment: null,
      normalizedScore: null,
      referenceScores: null,
    });
    dataset.close();
  });
});

describe("stateCoverage", () => {
  it("finds the axes of the largest variation", async () => {
    // Three components that vary together, one that varies alone, one that does not vary.
    const rows = 400;
    const observations = Float32Array.from({ length: rows * 5 }, (_, i) => {
      const [row, column] = [Math.floor(i / 5), i % 5];
      const [shared, alone] = [Math.sin((2 * Math.PI * row) / rows), Math.cos((2 * Math.PI * row) / rows)];
      return [3 * shared, 100 - 20 * shared, shared, alone, 7][column];
    });
    writeSmall(file("wave.hdf5"), {
      observations: floats([rows, 5], observations),
      next_observations: floats([rows, 5], observations),
      actions: floats([rows, 1], new Float32Array(rows)),
      rewards: floats([rows], new Float32Array(rows)),
      terminals: flags(new Array<number>(rows).fill(0)),
      timeouts: flags(new Array<number>(rows).fill(0)),
    });
    const dataset = await openDataset(file("wave.hdf5"));
    const { x, y, share } = stateCoverage(dataset);
    dataset.close();
    // Of the four that vary, each scaled to variance 1, three lie along the first axis.
    expect(share[0]).toBeCloseTo(0.75, 6);
    expect(share[1]).toBeCloseTo(0.25, 6);
    for (const row of [0, 50, 100, 333]) {
      const angle = (2 * Math.PI * row) / rows;
      expect(Math.abs(x[row])).toBeCloseTo(Math.sqrt(6) * Math.abs(Math.sin(angle)), 4);
      expect(y[row]).toBeCloseTo(Math.SQRT2 * Math.cos(angle), 4);
    }
  });
});
