import type { RunIdentity } from "./identity.ts";
import type { SuitePreset } from "./presets.ts";
import type { InputFlag } from "./templates.ts";
import type { PublishedReturn } from "./table.ts";

/** What a run is given: a set of the catalogue, a file of the user's, or another run of the suite. */
export type PlannedInput =
  | { readonly kind: "set"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "run"; readonly id: string };

/** One `motive train` of a suite. */
export interface PlannedRun {
  /** The name of its directory. */
  readonly id: string;
  readonly agent: string;
  readonly environment: string;
  readonly seed: number;
  readonly preset: string | null;
  readonly steps?: number;
  /** `path=value` */
  readonly set: readonly string[];
  /** Every option, as the run's config.json will have it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Partial<Record<InputFlag, PlannedInput>>>;
  readonly evaluateEvery?: number;
  /** What its record says of it. */
  readonly identity: RunIdentity;
}

/** A policy whose return is measured: the reference of a row. */
export interface PlannedReference {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
}

export interface PlannedRow {
  readonly name: string;
  readonly environment: string;
  readonly published?: PublishedReturn;
  /** The policy that is measured, or the column whose results are the reference. */
  readonly reference?: { readonly policy: PlannedReference } | { readonly column: string };
}

export interface PlannedCell {
  readonly row: string;
  readonly column: string;
  readonly published?: PublishedReturn;
  /** Ids of its runs, by seed; none where the project does not have the algorithm. */
  readonly runs: readonly string[];
}

/** A suite under a preset and for so many seeds: all that there is to do. */
export interface Plan {
  readonly suite: string;
  readonly title: string;
  readonly source: string;
  readonly referenceName: string;
  readonly preset: SuitePreset;
  readonly rows: readonly PlannedRow[];
  readonly columns: readonly string[];
  readonly cells: readonly PlannedCell[];
  /** By id, each after those that it takes something from. */
  readonly runs: ReadonlyMap<string, PlannedRun>;
}

export const setFile = (name: string): string => `datasets/${name}.hdf5`;
export const runFolder = (id: string): string => `runs/${id}`;
/** Measured anew when the policy is another one. */
export const referenceFile = ({ name, sha256 }: PlannedReference): string => `references/${name}-${sha256.slice(0, 12)}.json`;

/** Where an input lies, from the benchmark's directory on. */
export function inputPath(input: PlannedInput): string {
  switch (input.kind) {
    case "set":
      return setFile(input.name);
    case "file":
      return input.path;
    case "run":
      return runFolder(input.id);
  }
}

/** The command line, after `motive`, that starts a run from the benchmark's directory. */
export function trainWords(run: PlannedRun): string[] {
  return [
    "train",
    run.agent,
    run.environment,
    ...(run.preset === null ? [] : ["--preset", run.preset]),
    "--seed",
    `${run.seed}`,
    ...(run.steps === undefined ? [] : ["--steps", `${run.steps}`]),
    ...run.set.flatMap((assignment) => ["--set", assignment]),
    ...Object.entries(run.inputs).flatMap(([flag, input]) => [`--${flag}`, inputPath(input)]),
    ...(run.evaluateEvery === undefined ? [] : ["--evaluate-every", `${run.evaluateEvery}`]),
  ];
}
