import { UserError } from "../src/errors.ts";
import { openHdf5, type Hdf5File } from "./hdf5/reader.ts";
import { writeHdf5, type Hdf5Value } from "./hdf5/writer.ts";
import { splitEpisodes, type Episode, type TransitionSet } from "./transition-set.ts";

export interface D4rlOptions {
  /** Id of the environment that the data are for; a file that says it was recorded in another is refused. */
  readonly environment?: string;
  /** Columns of observations and actions that the environment has. */
  readonly observationSize?: number;
  readonly actionSize?: number;
  /** Time limit by which episodes are cut when the file has no `timeouts`, as the first D4RL files. Default 1000. */
  readonly maxEpisodeSteps?: number;
}

type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/**
 * Reads a file in D4RL's layout: `observations`, `actions`, `rewards`, `terminals` and, where present, `timeouts`,
 * `next_observations`, `infos/qpos`, `infos/qvel` and the scalars under `metadata`. Every number is checked to be finite.
 *
 * Without `next_observations` they are the observations of the following rows, never across an episode's end. A last
 * row that did not terminate then has no next state and is left out; a terminal one stays, marked in
 * `unknownNextObservations`. D4RL's own `qlearning_dataset` differs: it pairs terminal rows with the next episode's first.
 *
 * @throws UserError, one line that names file and dataset, when the file is not what the options and the layout ask for
 */
export async function readD4rl(path: string, options: D4rlOptions = {}): Promise<TransitionSet> {
  const file = await openHdf5(path);
  try {
    return readSet(file, options);
  } finally {
    file.close();
  }
}

function readSet(file: Hdf5File, options: D4rlOptions): TransitionSet {
  const metadata = readMetadata(file);
  const recorded = typeof metadata.environment === "string" ? metadata.environment : undefined;
  if (recorded !== undefined && options.environment !== undefined && recorded !== options.environment) {
    throw new UserError(`${file.path}: recorded in ${recorded}, this run needs ${options.environment}`);
  }
  // Shapes of all datasets come before the content of any: a file of another robot is refused at once.
  const size = rowsOf(file);
  const environment = options.environment ?? "the environment";
  const observationSize = columnsOf(file, "observations", size, options.observationSize, environment);
  const actionSize = columnsOf(file, "actions", size, options.actionSize, environment);
  for (const name of ["rewards", "terminals"]) requireVector(file, name, size);
  const hasTimeouts = file.facts("timeouts") !== undefined;
  if (hasTimeouts) requireVector(file, "timeouts", size);
  const hasNext = file.facts("next_observations") !== undefined;
  if (hasNext) columnsOf(file, "next_observations", size, observationSize, `"observations"`);

  const terminals = file.readFlags("terminals");
  const timeouts = hasTimeouts
    ? file.readFlags("timeouts")
    : deriveTimeouts(terminals, options.maxEpisodeSteps ?? 1000);
  const observations = readColumns(file, "observations", observationSize);
  const complete = {
    environment: recorded ?? options.environment,
    observationSize,
    actionSize,
    size,
    observations,
    actions: readColumns(file, "actions", actionSize),
    rewards: readColumns(file, "rewards", 1),
    terminals,
    timeouts,
    qpos: readState(file, "infos/qpos", size),
    qvel: readState(file, "infos/qvel", size),
    episodes: splitEpisodes(terminals, timeouts),
    metadata,
  };
  if (hasNext)
    return { ...complete, nextObservations: readColumns(file, "next_observations", observationSize) };
  return deriveNextObservations({ ...complete, nextObservations: new Float32Array(0) });
}

const describe = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** The number of transitions, as `observations` has it. */
function rowsOf(file: Hdf5File): number {
  const facts = file.facts("observations");
  if (facts === undefined) throw new UserError(`${file.path}: "observations" is missing`);
  if (facts.shape.length !== 2) {
    throw new UserError(
      `${file.path}: "observations" has shape ${describe(facts.shape)}, expected rows and columns`,
    );
  }
  if (facts.shape[0] === 0) throw new UserError(`${file.path}: holds no transitions`);
  return facts.shape[0];
}

function columnsOf(
  file: Hdf5File,
  name: string,
  rows: number,
  expected: number | undefined,
  by: string,
): number {
  const facts = file.facts(name);
  if (facts === undefined) throw new UserError(`${file.path}: "${name}" is missing`);
  const [length, columns] = facts.shape;
  if (facts.shape.length !== 2 || columns === 0) {
    throw new UserError(
      `${file.path}: "${name}" has shape ${describe(facts.shape)}, expected rows and columns`,
    );
  }
  if (expected !== undefined && columns !== expected) {
    throw new UserError(`${file.path}: "${name}" has ${columns} columns, ${by} expects ${expected}`);
  }
  requireRows(file, name, length, rows);
  return columns;
}

/** One value per transition: shape [N], or [N, 1] as in the replay files. */
function requireVector(file: Hdf5File, name: string, rows: number): void {
  const facts = file.facts(name);
  if (facts === undefined) throw new UserError(`${file.path}: "${name}" is missing`);
  const { shape } = facts;
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    throw new UserError(`${file.path}: "${name}" has shape ${describe(shape)}, expected [${rows}]`);
  }
  requireRows(file, name, shape[0], rows);
}

function requireRows(file: Hdf5File, name: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new UserError(`${file.path}: "${name}" has ${got} rows, "observations" has ${expected}`);
}

function requireFinite(file: Hdf5File, name: string, values: Floats, columns: number): void {
  for (let index = 0; index < values.length; index++) {
    if (Number.isFinite(values[index])) continue;
    const row = Math.floor(index / columns);
    const place = columns === 1 ? `row ${row}` : `row ${row}, column ${index % columns}`;
    throw new UserError(`${file.path}: "${name}" is ${values[index]} at ${place}, expected a finite number`);
  }
}

/** Values in single precision; a double that overflows it is refused like an infinity in the file. */
function readColumns(file: Hdf5File, name: string, columns: number): Float32Array<ArrayBuffer> {
  const read = file.readFloats(name);
  const values = read instanceof Float32Array ? read : Float32Array.from(read);
  requireFinite(file, name, values, columns);
  return values;
}

/** A physics state, in the precision of the file. */
function readState(file: Hdf5File, name: string, rows: number): Floats | undefined {
  if (file.facts(name) === undefined) return undefined;
  const columns = columnsOf(file, name, rows, undefined, "");
  const values = file.readFloats(name);
  requireFinite(file, name, values, columns);
  return values;
}

/** The scalars under `metadata`, by their path below it. Arrays, such as a policy's weights, are left out. */
function readMetadata(file: Hdf5File): Record<string, string | number> {
  const entries = file
    .datasets("metadata")
    .map((name) => [name.slice("metadata/".length), file.readScalar(name)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<
    string,
    string | number
  >;
}

/** A time limit is reached after so many steps since the episode began; a terminal step is no timeout. */
function deriveTimeouts(terminals: Uint8Array, maxEpisodeSteps: number): Uint8Array<ArrayBuffer> {
  const timeouts = new Uint8Array(terminals.length);
  let steps = 0;
  for (let row = 0; row < terminals.length; row++) {
    steps++;
    if (terminals[row] === 0 && steps === maxEpisodeSteps) timeouts[row] = 1;
    if (terminals[row] === 1 || timeouts[row] === 1) steps = 0;
  }
  return timeouts;
}

function deriveNextObservations(set: TransitionSet): TransitionSet {
  const { observationSize: width, observations } = set;
  const kept: Episode[] = [];
  for (const episode of set.episodes) {
    const end = episode.terminated ? episode.end : episode.end - 1;
    if (end > episode.start) kept.push({ ...episode, end });
  }
  const sizes = kept.map(({ start, end }) => end - start);
  const size = sizes.reduce((sum, length) => sum + length, 0);
  const gather = <T extends Float32Array | Float64Array | Uint8Array>(values: T): T => {
    const columns = values.length / set.size;
    const target = values.slice(0, size * columns) as T;
    let row = 0;
    for (const { start, end } of kept) {
      target.set(values.subarray(start * columns, end * columns), row * columns);
      row += end - start;
    }
    return target;
  };
  const nextObservations = new Float32Array(size * width);
  const unknownNextObservations = new Uint8Array(size);
  const timeouts = gather(set.timeouts);
  const episodes: Episode[] = [];
  let row = 0;
  for (const { start, end, terminated, truncated } of kept) {
    const length = end - start;
    const last = row + length - 1;
    const known = terminated ? length - 1 : length;
    nextObservations.set(
      observations.subarray((start + 1) * width, (start + 1 + known) * width),
      row * width,
    );
    if (terminated) {
      nextObservations.set(observations.subarray((end - 1) * width, end * width), last * width);
      unknownNextObservations[last] = 1;
    } else {
      // The flag of the row that was left out: without it the next episode would follow on.
      timeouts[last] = 1;
    }
    episodes.push({ start: row, end: row + length, terminated, truncated: truncated || !terminated });
    row += length;
  }
  return {
    ...set,
    size,
    observations: gather(observations),
    actions: gather(set.actions),
    rewards: gather(set.rewards),
    terminals: gather(set.terminals),
    timeouts,
    nextObservations,
    ...(unknownNextObservations.includes(1) && { unknownNextObservations }),
    ...(set.qpos && { qpos: gather(set.qpos) }),
    ...(set.qvel && { qvel: gather(set.qvel) }),
    episodes,
  };
}

/**
 * Writes a set in D4RL's layout, atomically; the same set gives the same bytes. Its metadata and `environment` stand
 * under `metadata`, a physics state keeps its precision.
 *
 * @throws UserError when the file cannot be written; an older file is then untouched
 * @throws Error when the arrays' sizes do not agree, or next observations are not known
 */
export async function writeD4rl(path: string, set: TransitionSet): Promise<void> {
  const { size } = set;
  if (set.unknownNextObservations?.includes(1))
    throw new Error("a set with unknown next observations cannot be written");
  if (size === 0) throw new Error("a set without transitions cannot be written");
  const float = (values: Float32Array | Float64Array, columns: number): Hdf5Value => {
    return { kind: "float", shape: columns === 0 ? [size] : [size, columns], values };
  };
  const bool = (values: Uint8Array): Hdf5Value => ({ kind: "bool", shape: [size], values });
  const scalars = { ...set.metadata, ...(set.environment !== undefined && { environment: set.environment }) };
  writeHdf5(path, {
    actions: float(set.actions, set.actionSize),
    ...(set.qpos?.length && { "infos/qpos": float(set.qpos, set.qpos.length / size) }),
    ...(set.qvel?.length && { "infos/qvel": float(set.qvel, set.qvel.length / size) }),
    ...Object.fromEntries(
      Object.entries(scalars).map(([key, value]): [string, Hdf5Value] => [
        `metadata/${key}`,
        { kind: "scalar", value },
      ]),
    ),
    next_observations: float(set.nextObservations, set.observationSize),
    observations: float(set.observations, set.observationSize),
    rewards: float(set.rewards, 0),
    terminals: bool(set.terminals),
    timeouts: bool(set.timeouts),
  });
}
