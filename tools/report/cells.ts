import { mean, quantile, sampleDeviation } from "../../src/statistics/index.ts";
import type { PublishedReturn, ResultTable, SeedResult, TableCell, TableRow } from "../benchmark/table.ts";
import type { ResultRecord } from "./records.ts";

/** Returns of a cell's finished runs. */
export interface Measure {
  /** In the order of the seeds. */
  readonly values: readonly number[];
  readonly mean: number;
  /** Between seeds, divided by n − 1; absent of one seed. */
  readonly deviation?: number;
  /** To our own reference; absent where that was not measured. */
  readonly ratio?: number;
}

/** A run that is done, with its record. */
export interface FinishedSeed extends SeedResult {
  readonly record: ResultRecord;
}

export interface CellReport {
  readonly row: TableRow;
  readonly column: string;
  /** Absent where the suite has no such cell. */
  readonly cell?: TableCell;
  readonly published?: PublishedReturn;
  /** To the reference of those who published. */
  readonly publishedRatio?: number;
  readonly finished: readonly FinishedSeed[];
  /** Absent where no run is finished. */
  readonly last?: Measure;
  readonly best?: Measure;
  /** What is not finished, such as `1 failed`; `not run` where there are no runs at all. Empty where all are. */
  readonly missing: readonly string[];
}

/** States in the order in which they are named. */
export const unfinishedStates = ["failed", "stopped", "running", "waiting"] as const;

export const isFinished = (seed: SeedResult): seed is FinishedSeed => seed.state === "done" && seed.record !== undefined;

/** A return relative to a reference's; undefined where there is no reference, or none to be relative to. */
export const ratioOf = (value: number, reference: PublishedReturn | undefined): number | undefined =>
  reference === undefined || reference.mean === 0 ? undefined : value / reference.mean;

function measure(values: readonly number[], reference: PublishedReturn | undefined): Measure | undefined {
  if (values.length === 0) return undefined;
  const centre = mean(values);
  return { values, mean: centre, deviation: sampleDeviation(values), ratio: ratioOf(centre, reference) };
}

function missingOf(cell: TableCell | undefined): string[] {
  if (cell === undefined) return ["not in the suite"];
  if (cell.seeds.length === 0) return ["not run"];
  const counts = unfinishedStates.map((state) => [cell.seeds.filter((seed) => seed.state === state).length, state] as const);
  const lost = cell.seeds.filter((seed) => seed.state === "done" && seed.record === undefined).length;
  return [...counts, [lost, "done without a result"] as const].filter(([n]) => n > 0).map(([n, state]) => `${n} ${state}`);
}

function reportCell(row: TableRow, column: string, cell: TableCell | undefined): CellReport {
  const finished = (cell?.seeds ?? []).filter(isFinished);
  const { published: publishedReference, measured } = row.reference;
  const published = cell?.published;
  return {
    row,
    column,
    ...(cell !== undefined && { cell }),
    ...(published !== undefined && { published, publishedRatio: ratioOf(published.mean, publishedReference) }),
    finished,
    last: measure(finished.map(({ record }) => record.finalReturn), measured),
    best: measure(finished.map(({ record }) => record.bestReturn), measured),
    missing: missingOf(cell),
  };
}

/** Every row with every column, row by row. */
export function reportCells({ rows, columns, cells }: ResultTable): CellReport[] {
  return rows.flatMap((row) =>
    columns.map((column) =>
      reportCell(row, column, cells.find((cell) => cell.row === row.name && cell.column === column)),
    ),
  );
}

/** What the finished runs of a cell took. */
export interface Effort {
  /** Smallest and largest number of environment steps, or of updates where no step was taken. */
  readonly steps: readonly [least: number, most: number];
  readonly unit: "environment steps" | "updates";
  /** Mean over seeds, in seconds. */
  readonly wallSeconds: number;
}

export function effortOf(finished: readonly FinishedSeed[]): Effort | undefined {
  if (finished.length === 0) return undefined;
  const unit = finished.every(({ record }) => record.updates !== undefined) ? "updates" : "environment steps";
  const steps = finished.map(({ record }) => (unit === "updates" ? (record.updates ?? 0) : record.environmentSteps));
  return {
    steps: [Math.min(...steps), Math.max(...steps)],
    unit,
    wallSeconds: mean(finished.map(({ record }) => record.wallSeconds)),
  };
}

/** When 90 % of the reference is held. */
export interface Held {
  /** The median over seeds, those that never hold it counted as infinitely late; null where that is infinite. */
  readonly steps: number | null;
  readonly seeds: number;
  /** How many seeds it was measured of. */
  readonly of: number;
}

export function heldOf(finished: readonly FinishedSeed[]): Held | undefined {
  const steps = finished.flatMap(({ record: { stepsToHold90 } }) => (stepsToHold90 === undefined ? [] : [stepsToHold90]));
  if (steps.length === 0) return undefined;
  const seeds = steps.filter((value) => value !== null).length;
  // of an even number the median lies between two, and is infinite with one of them
  const finite = seeds > steps.length / 2;
  return { steps: finite ? quantile(steps.map((value) => value ?? Number.MAX_VALUE), 0.5) : null, seeds, of: steps.length };
}

/** How much of a table there is. */
export interface Count {
  /** Cells all of whose runs are finished. */
  readonly complete: number;
  /** Cells with a result and with runs that are not finished. */
  readonly partial: number;
  /** Cells whose runs all are unfinished. */
  readonly pending: number;
  /** Cells without any run. */
  readonly neverRun: number;
  /** Runs by state, in the order in which they are named; without those that there are none of. */
  readonly runs: readonly (readonly [state: SeedResult["state"], count: number])[];
}

export function countCells(reports: readonly CellReport[]): Count {
  const cells = reports.filter(({ cell }) => cell !== undefined);
  const seeds = cells.flatMap(({ cell }) => cell?.seeds ?? []);
  const has = ({ finished }: CellReport): boolean => finished.length > 0;
  return {
    complete: cells.filter((one) => has(one) && one.missing.length === 0).length,
    partial: cells.filter((one) => has(one) && one.missing.length > 0).length,
    pending: cells.filter((one) => !has(one) && (one.cell?.seeds.length ?? 0) > 0).length,
    neverRun: cells.filter(({ cell }) => cell?.seeds.length === 0).length,
    runs: (["done", ...unfinishedStates] as const)
      .map((state) => [state, seeds.filter((seed) => seed.state === state).length] as const)
      .filter(([, count]) => count > 0),
  };
}
