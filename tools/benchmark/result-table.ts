import { join } from "node:path";
import { mean, sampleDeviation } from "../../src/statistics/index.ts";
import { reportRun, stepsToHold, type ResultRecord, type RunReport } from "../report/records.ts";
import { sameIdentity } from "./identity.ts";
import { jobsOf, jobState, readReference } from "./jobs.ts";
import { runFolder, trainWords, type Plan, type PlannedCell, type PlannedRow, type PlannedRun } from "./plan.ts";
import type { PublishedReturn, ResultTable, SeedResult } from "./table.ts";

/** What is known of a plan's runs, wherever it comes from. */
interface Results {
  seedOf(run: PlannedRun): SeedResult;
  /** What a row's policy was measured at. */
  measured(row: PlannedRow): PublishedReturn | undefined;
}

function meanAndStd(values: readonly number[]): PublishedReturn | undefined {
  return values.length === 0 ? undefined : { mean: mean(values), std: sampleDeviation(values) };
}

function assemble(plan: Plan, cells: readonly PlannedCell[], { seedOf, measured }: Results): ResultTable {
  const seedsOf = ({ runs }: PlannedCell): SeedResult[] =>
    runs.flatMap((id) => {
      const run = plan.runs.get(id);
      return run === undefined ? [] : [seedOf(run)];
    });
  const referenceOf = (row: PlannedRow): PublishedReturn | undefined => {
    const { reference } = row;
    if (reference === undefined || !("column" in reference)) return measured(row);
    const cell = plan.cells.find(({ row: name, column }) => name === row.name && column === reference.column);
    return meanAndStd((cell ? seedsOf(cell) : []).flatMap(({ record }) => (record === undefined ? [] : [record.finalReturn])));
  };
  const rows = new Set(cells.map(({ row }) => row));
  const columns = new Set(cells.map(({ column }) => column));
  const references = new Map(plan.rows.map((row) => [row.name, referenceOf(row)]));
  return {
    name: plan.suite,
    title: plan.title,
    source: plan.source,
    referenceName: plan.referenceName,
    rows: plan.rows
      .filter(({ name }) => rows.has(name))
      .map(({ name, environment, published }) => {
        const own = references.get(name);
        return { name, environment, reference: { ...(published && { published }), ...(own && { measured: own }) } };
      }),
    columns: plan.columns.filter((name) => columns.has(name)),
    cells: cells.map((cell) => {
      const { row, column, published } = cell;
      const expert = references.get(row)?.mean;
      return { row, column, ...(published && { published }), seeds: seedsOf(cell).map((seed) => relativeTo(seed, expert)) };
    }),
  };
}

/** The record with the row's reference as what it is compared with, in place of the demonstrations' own return. */
function relativeTo(seed: SeedResult, expertReturn: number | undefined): SeedResult {
  const { record, curve } = seed;
  if (record === undefined || expertReturn === undefined) return seed;
  const held = curve === undefined ? {} : { stepsToHold90: stepsToHold(curve, 0.9 * expertReturn) };
  return { ...seed, record: { ...record, expertReturn, ...held } };
}

/** A suite with what its directory holds; runs that are not done are there with their state. */
export function tableOfDirectory(plan: Plan, directory: string, cells: readonly PlannedCell[] = plan.cells): ResultTable {
  const jobs = new Map(jobsOf(plan).map((job) => [job.id, job]));
  return assemble(plan, cells, {
    seedOf(run) {
      const job = jobs.get(runFolder(run.id));
      const command = ["motive", ...trainWords(run)].join(" ");
      if (job === undefined) return { seed: run.seed, state: "waiting", command };
      const { state, message } = jobState(directory, job);
      const folder = join(directory, job.id);
      const result = { seed: run.seed, state, ...(message !== undefined && state === "failed" && { message }) };
      if (state !== "done") return { ...result, command };
      const { record, curve }: RunReport = reportRun(folder);
      return { ...result, record: { ...record, ...run.identity }, curve, command: record.command };
    },
    measured: ({ reference }) => (reference && "policy" in reference ? readReference(directory, reference.policy) : undefined),
  });
}

/** A suite with committed records: of each run the one of the same identity. The references are those of the records. */
export function tableOfRecords(plan: Plan, records: readonly ResultRecord[]): ResultTable {
  const recordOf = ({ identity }: PlannedRun) => records.find((record) => sameIdentity(record, identity));
  return assemble(plan, plan.cells, {
    seedOf(run) {
      const record = recordOf(run);
      if (record === undefined) return { seed: run.seed, state: "waiting", command: ["motive", ...trainWords(run)].join(" ") };
      return { seed: run.seed, state: "done", record, command: record.command };
    },
    measured({ name }) {
      const runs = plan.cells.filter(({ row }) => row === name).flatMap(({ runs: ids }) => ids);
      for (const id of runs) {
        const run = plan.runs.get(id);
        const expertReturn = run && recordOf(run)?.expertReturn;
        if (expertReturn !== undefined) return { mean: expertReturn };
      }
      return undefined;
    },
  });
}

/** How many seeds the records have of a suite's runs; at least 1. */
export const seedsOfRecords = (records: readonly ResultRecord[]): number => Math.max(0, ...records.map(({ seed }) => seed)) + 1;

/** All records of a table, each once, in the order of its cells. */
export function recordsOf({ cells }: ResultTable): ResultRecord[] {
  const records = cells.flatMap(({ seeds }) => seeds.flatMap(({ record }) => (record === undefined ? [] : [record])));
  return records.filter((record, i) => records.findIndex((other) => sameIdentity(other, record)) === i);
}
