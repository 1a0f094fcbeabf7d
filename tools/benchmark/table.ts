import type { CurvePoint, ResultRecord } from "../report/records.ts";

/** A number as the thesis prints it. */
export interface PublishedReturn {
  readonly mean: number;
  readonly std?: number;
}

/** What all cells of a row are compared with: the expert, or SAC with the true reward. */
export interface Reference {
  readonly published?: PublishedReturn;
  /** Our own one, by the environment's own reward; absent where it was not measured yet. */
  readonly measured?: PublishedReturn;
}

export interface TableRow {
  readonly name: string;
  readonly environment: string;
  readonly reference: Reference;
}

/** One run of a cell. What is not done has no record. */
export interface SeedResult {
  readonly seed: number;
  readonly state: "waiting" | "running" | "stopped" | "failed" | "done";
  readonly record?: ResultRecord;
  /** The learning curve so far; absent where only the record was kept. */
  readonly curve?: readonly CurvePoint[];
  /** How a person starts this run by hand. */
  readonly command?: string;
  /** Why it failed. */
  readonly message?: string;
}

/** An agent in a row's setting. Without seeds nobody has run it; `published` may stand all the same. */
export interface TableCell {
  readonly row: string;
  readonly column: string;
  readonly published?: PublishedReturn;
  readonly seeds: readonly SeedResult[];
}

/** A suite with what is known of its runs: all that a report is made of. */
export interface ResultTable {
  /** Such as `table-2.1`. */
  readonly name: string;
  readonly title: string;
  /** Where the published numbers stand. */
  readonly source: string;
  /** What the cells of a row are relative to, such as `expert`. */
  readonly referenceName: string;
  readonly rows: readonly TableRow[];
  readonly columns: readonly string[];
  readonly cells: readonly TableCell[];
}
