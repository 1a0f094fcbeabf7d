import type { ResultTable, SeedResult, TableCell } from "../../../tools/benchmark/table.ts";
import type { CurvePoint, ResultRecord } from "../../../tools/report/records.ts";

export const curveOf = (...returns: number[]): CurvePoint[] =>
  returns.map((evaluationReturn, i) => ({ steps: 10 * (i + 1), evaluationReturn }));

export function recordOf(seed: number, finalReturn: number, given: Partial<ResultRecord> = {}): ResultRecord {
  return {
    environment: "Hopper-v5",
    agent: "ml-irl",
    seed,
    environmentSteps: 800_000,
    finalReturn,
    bestReturn: finalReturn + 100,
    expertReturn: 2000,
    stepsToHold90: 400_000,
    wallSeconds: 90,
    command: `motive train ml-irl Hopper-v5 --seed ${seed}`,
    version: "0.1.0",
    ...given,
  };
}

export const doneSeed = (seed: number, finalReturn: number, given: Partial<ResultRecord> = {}): SeedResult => ({
  seed,
  state: "done",
  record: recordOf(seed, finalReturn, given),
});

/**
 * Two robots by three agents. Hopper: three seeds of A; of B one done, one failed, one running; C nobody has run.
 * Ant, whose reference is not measured: one seed of A, two waiting; B is not in the suite; of C one is done without a
 * result.
 */
export function smallTable(): ResultTable {
  const cells: TableCell[] = [
    { row: "Hopper", column: "A", published: { mean: 1500, std: 20 }, seeds: [doneSeed(0, 1900), doneSeed(1, 1800), doneSeed(2, 2000, { stepsToHold90: null })] },
    {
      row: "Hopper",
      column: "B",
      published: { mean: 750 },
      seeds: [
        doneSeed(0, 1000),
        { seed: 1, state: "failed", message: "hopper.hdf5: <b>broken</b> & gone", command: "motive train --seed 1" },
        { seed: 2, state: "running", curve: curveOf(1e6, 2e6) },
      ],
    },
    { row: "Hopper", column: "C", published: { mean: 300 }, seeds: [] },
    { row: "Ant", column: "A", seeds: [doneSeed(0, 500, { environment: "Ant-v5" }), { seed: 1, state: "waiting" }, { seed: 2, state: "waiting" }] },
    { row: "Ant", column: "C", seeds: [{ seed: 0, state: "done" }] },
  ];
  return {
    name: "small",
    title: "A small <table>",
    source: "nowhere",
    referenceName: "expert",
    rows: [
      { name: "Hopper", environment: "Hopper-v5", reference: { published: { mean: 3000 }, measured: { mean: 2000, std: 5 } } },
      { name: "Ant", environment: "Ant-v5", reference: { published: { mean: 4000 } } },
    ],
    columns: ["A", "B", "C"],
    cells,
  };
}
