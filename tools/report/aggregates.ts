import { createRandom } from "../../src/random/index.ts";
import {
  bootstrapInterval,
  improvementInterval,
  interquartileMean,
  probabilityOfImprovement,
  type Interval,
} from "../../src/statistics/index.ts";
import { ratioOf, type CellReport } from "./cells.ts";

/** The last iterate, or the best measurement of each run, which is chosen by the true reward. */
export type Iterate = "last" | "best";

/** A column over the rows of a suite. */
export interface Aggregate {
  readonly column: string;
  /** Of the ratios of all runs; absent where there are none. */
  readonly interquartileMean?: number;
  /** 95 %; absent where a row has one run. */
  readonly interval?: Interval;
  readonly runs: number;
  /** Rows that count, by name. */
  readonly rows: readonly string[];
  /** Rows with a single run. */
  readonly singles: readonly string[];
  /** Rows without a result, or without a reference to be relative to. */
  readonly missing: readonly string[];
}

// Any fixed number: reports of the same results are the same.
const random = createRandom(2021);

export function aggregateColumn(reports: readonly CellReport[], column: string, iterate: Iterate): Aggregate {
  const cells = reports.filter((report) => report.column === column && report.cell !== undefined);
  const rows = cells.map((report) => {
    const { row } = report;
    const measured = report[iterate];
    const ratios = measured?.values.flatMap((value) => ratioOf(value, row.reference.measured) ?? []) ?? [];
    return { name: row.name, ratios };
  });
  const counted = rows.filter(({ ratios }) => ratios.length > 0);
  const strata = counted.map(({ ratios }) => ratios);
  return {
    column,
    ...(counted.length > 0 && { interquartileMean: interquartileMean(strata.flat()) }),
    interval: bootstrapInterval(
      strata,
      (resampled) => interquartileMean(resampled.flat()),
      random.split(`${column}, ${iterate}`),
    ),
    runs: strata.flat().length,
    rows: counted.map(({ name }) => name),
    singles: counted.filter(({ ratios }) => ratios.length === 1).map(({ name }) => name),
    missing: rows.filter(({ ratios }) => ratios.length === 0).map(({ name }) => name),
  };
}

/** How likely a run of one column is better than a run of another, over the rows that both have results in. */
export interface Improvement {
  readonly of: string;
  readonly over: string;
  readonly probability: number;
  /** 95 %; absent where either has a single run in a row. */
  readonly interval?: Interval;
  readonly rows: readonly string[];
}

/** By the last iterate, of any two columns with a row in common: each pair once, the earlier column over the later. */
export function improvements(reports: readonly CellReport[], columns: readonly string[]): Improvement[] {
  const returnsOf = (column: string): Map<string, readonly number[]> =>
    new Map(
      reports.flatMap((report) =>
        report.column === column && report.last !== undefined ? [[report.row.name, report.last.values] as const] : [],
      ),
    );
  return columns.flatMap((of, i) =>
    columns.slice(i + 1).flatMap((over) => {
      const [ours, theirs] = [returnsOf(of), returnsOf(over)];
      const rows = [...ours.keys()].filter((row) => theirs.has(row));
      if (rows.length === 0) return [];
      const strata = (returns: Map<string, readonly number[]>) => rows.map((row) => returns.get(row) ?? []);
      const [x, y] = [strata(ours), strata(theirs)];
      return [
        {
          of,
          over,
          probability: probabilityOfImprovement(x, y),
          interval: improvementInterval(x, y, random.split(`${of} over ${over}`), { resamples: 2000 }),
          rows,
        },
      ];
    }),
  );
}

/** The same comparison seen from the other column. */
export const reversed = ({ of, over, probability, interval, rows }: Improvement): Improvement => ({
  of: over,
  over: of,
  probability: 1 - probability,
  ...(interval !== undefined && { interval: { low: 1 - interval.high, high: 1 - interval.low } }),
  rows,
});
