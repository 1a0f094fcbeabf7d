import { UserError } from "../src/errors.ts";
import { joinPieces } from "./concatenate.ts";
import type { ColumnType } from "./hdf5/column-type.ts";
import type { Episode, Floats, Metadata, Transitions, TransitionSet } from "./transition-set.ts";

export type DatasetFormat = "d4rl" | "minari";

/** What a dataset must be, and what to take for granted where the file is silent. */
export interface DatasetOptions {
  /** Id of the environment that the data are for; a file that says it was recorded in another is refused. */
  readonly environment?: string;
  /** Columns of observations and actions that the environment has. */
  readonly observationSize?: number;
  readonly actionSize?: number;
  /** Time limit by which episodes are cut when a file has no `timeouts`, as D4RL's first files. Default 1000. */
  readonly maxEpisodeSteps?: number;
}

/** An info column without its values. */
export interface InfoFacts {
  readonly name: string;
  readonly type: ColumnType;
  readonly rowShape: readonly number[];
}

/**
 * A dataset open for reading. Opening it reads its facts and the episodes; the rows are read in pieces, so that a set
 * may be larger than memory. All errors are UserErrors of one line that name the file, the place and what would be right.
 */
export interface Dataset {
  /** The file that the data lie in. */
  readonly path: string;
  readonly format: DatasetFormat;
  readonly environment?: string;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Transitions. */
  readonly size: number;
  readonly episodes: readonly Episode[];
  readonly infos: readonly InfoFacts[];
  readonly metadata: Metadata;
  /** What a Minari dataset's `metadata.json` says beyond these facts. */
  readonly minari?: Readonly<Record<string, unknown>>;
  /** What a reader must know of the file: what was derived because it is missing, what was left out and why. */
  readonly notes: readonly string[];
  /** Rows [start, end) in the file's precision, checked to be finite; episodes are cut at either end. */
  read(start: number, end: number): Transitions<Floats>;
  /** One column of rows [start, end), without reading the others. */
  readColumn(name: "observations" | "actions" | "rewards", start: number, end: number): Floats;
  close(): void;
}

/** What a whole number of episodes should take in memory while a set is read in pieces. */
const pieceBytes = 64 * 1024 * 1024;

const describeShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** @throws UserError unless a shape is one of rows and columns, by default of any number */
export function requireColumns(
  where: string,
  shape: readonly number[],
  expected?: { readonly columns: number; readonly by: string },
): number {
  const columns = shape[1];
  if (shape.length !== 2 || columns === 0)
    throw new UserError(`${where} has shape ${describeShape(shape)}, expected rows and columns`);
  if (expected !== undefined && columns !== expected.columns)
    throw new UserError(`${where} has ${columns} columns, ${expected.by} expects ${expected.columns}`);
  return columns;
}

/** One value per row: shape [N], or [N, 1] as in some of D4RL's files. @throws UserError */
export function requireVector(where: string, shape: readonly number[], rows: number): void {
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1))
    throw new UserError(`${where} has shape ${describeShape(shape)}, expected ${describeShape([rows])}`);
}

/** @throws UserError when data were recorded in another environment than they are wanted for */
export function requireEnvironment(
  path: string,
  recorded: string | undefined,
  wanted: string | undefined,
): void {
  if (recorded === undefined || wanted === undefined || recorded === wanted) return;
  throw new UserError(`${path}: recorded in ${recorded}, this run needs ${wanted}`);
}

/** Row ranges of about `bytes` that hold whole episodes, at least one each. */
export function* pieceRanges(
  dataset: Dataset,
  bytes = pieceBytes,
): Generator<{ start: number; end: number }> {
  const { observationSize, actionSize, infos, episodes } = dataset;
  const infoColumns = infos.reduce((sum, { rowShape }) => sum + rowShape.reduce((a, b) => a * b, 1), 0);
  const rows = bytes / (8 * (2 * observationSize + actionSize + 1 + infoColumns));
  let start = 0;
  for (const [i, { end }] of episodes.entries()) {
    const next = episodes[i + 1]?.end;
    if (next !== undefined && next - start <= rows) continue;
    yield { start, end };
    start = end;
  }
}

/** A dataset's rows in order, whole episodes at a time; one piece is in memory at a time. */
export function* pieces(dataset: Dataset, bytes?: number): Generator<Transitions<Floats>> {
  for (const { start, end } of pieceRanges(dataset, bytes)) yield dataset.read(start, end);
}

/** The undiscounted return of every episode, read without the other columns. */
export function returnsOf(dataset: Dataset): Float64Array {
  const returns = new Float64Array(dataset.episodes.length);
  let episode = 0;
  for (const { start, end } of pieceRanges(dataset)) {
    const rewards = dataset.readColumn("rewards", start, end);
    for (; episode < returns.length && dataset.episodes[episode].end <= end; episode++) {
      const { start: first, end: last } = dataset.episodes[episode];
      for (let row = first; row < last; row++) returns[episode] += rewards[row - start];
    }
  }
  return returns;
}

/** All of a dataset, in single precision. */
export function readAll(dataset: Dataset): TransitionSet {
  const { environment, size, path, metadata, minari } = dataset;
  return {
    ...joinPieces(pieces(dataset), size, path),
    ...(environment !== undefined && { environment }),
    metadata,
    ...(minari && { minari }),
  };
}
