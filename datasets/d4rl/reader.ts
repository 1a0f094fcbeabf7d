import { UserError } from "../../src/errors.ts";
import {
  readAll,
  requireColumns,
  requireEnvironment,
  requireVector,
  type Dataset,
  type DatasetOptions,
  type InfoFacts,
} from "../dataset.ts";
import { requireFinite } from "../finite.ts";
import { isColumnType, openHdf5, requireDataset, type Hdf5File } from "../hdf5/reader.ts";
import type { ColumnType } from "../hdf5/writer.ts";
import type { Floats, InfoColumn, Transitions, TransitionSet } from "../transition-set.ts";
import { deriveTimeouts, layOutRows, type Row } from "./episodes.ts";
import { readMetadata } from "./metadata.ts";

/**
 * Opens a file in D4RL's layout: `observations`, `actions`, `rewards`, `terminals` and, where present, `timeouts`,
 * `next_observations`, what lies under `infos` and under `metadata`.
 *
 * Without `timeouts` episodes are cut after `maxEpisodeSteps`. Without `next_observations` they are the observations of
 * the following rows, never across an episode's end: a last row that did not terminate then has no next state and is left
 * out; a terminal one stays, marked in `unknownNextObservations`. D4RL's own `qlearning_dataset` differs: it pairs
 * terminal rows with the next episode's first.
 *
 * @throws UserError, one line that names file and dataset, when the file is not what the options and the layout ask for
 */
export async function openD4rl(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const file = await openHdf5(path);
  try {
    return openFile(file, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Reads a whole file in D4RL's layout, as {@link openD4rl} does, in single precision. @throws UserError */
export async function readD4rl(path: string, options: DatasetOptions = {}): Promise<TransitionSet> {
  const dataset = await openD4rl(path, options);
  try {
    return readAll(dataset);
  } finally {
    dataset.close();
  }
}

function openFile(file: Hdf5File, options: DatasetOptions): Dataset {
  const { path } = file;
  const notes: string[] = [];
  const recorded = readMetadata(file, notes);
  requireEnvironment(path, recorded.environment, options.environment);

  // Shapes of all datasets come before the content of any: a file of another robot is refused at once.
  const rows = rowsOf(file);
  const by = options.environment ?? "the environment";
  const expect = (columns: number | undefined) => (columns === undefined ? undefined : { columns, by });
  const observationSize = matrixOf(file, "observations", rows, expect(options.observationSize));
  const actionSize = matrixOf(file, "actions", rows, expect(options.actionSize));
  for (const name of ["rewards", "terminals"]) vectorOf(file, name, rows);
  const hasTimeouts = file.facts("timeouts") !== undefined;
  if (hasTimeouts) vectorOf(file, "timeouts", rows);
  const hasNext = file.facts("next_observations") !== undefined;
  if (hasNext) matrixOf(file, "next_observations", rows, { columns: observationSize, by: `"observations"` });
  const infos = infosOf(file, rows, notes);

  const limit = options.maxEpisodeSteps ?? 1000;
  const terminals = file.readFlags("terminals");
  const timeouts = hasTimeouts ? file.readFlags("timeouts") : deriveTimeouts(terminals, limit);
  if (!hasTimeouts) notes.push(`"timeouts" is missing: episodes are cut after ${limit} steps`);
  const layout = layOutRows(terminals, timeouts, hasNext, recorded.episodeSeeds);
  const { size } = layout;
  if (size === 0) throw new UserError(`${path}: holds no transition whose next observation is known`);
  if (!hasNext) {
    const unknown = layout.episodes.filter(({ terminated }) => terminated).length;
    notes.push(
      `"next_observations" is missing: taken from the following rows; ${rows - size} rows without one are left out, ` +
        `the states after ${unknown} terminations are not known`,
    );
  }

  const readFloats = (name: string, columns: number, block: Row, end: number): Floats => {
    const values = file.readFloats(name, block.file, end);
    requireFinite(path, name, values, columns, block.file);
    return values;
  };
  const readInfo = ({ name, type, rowShape }: InfoFacts, start: number, end: number): InfoColumn => {
    const values = file.readValues(`infos/${name}`, start, end);
    if (values === undefined) throw new Error(`${path}: "infos/${name}" is no longer ${type}`);
    if (values instanceof Float32Array || values instanceof Float64Array) {
      const columns = rowShape.reduce((product, size_) => product * size_, 1);
      requireFinite(path, `infos/${name}`, values, columns, start);
    }
    return { rowShape, values };
  };

  return {
    path,
    format: "d4rl",
    environment: recorded.environment ?? options.environment,
    observationSize,
    actionSize,
    size,
    episodes: layout.episodes,
    infos,
    metadata: recorded.metadata,
    ...(recorded.minari && { minari: recorded.minari }),
    notes,
    read(start, end): Transitions<Floats> {
      const block = layout.block(start, end);
      const { first, fileEnd, gather } = block;
      const following = hasNext ? fileEnd : Math.min(fileEnd + 1, rows);
      const seen = readFloats("observations", observationSize, first, following);
      const inBlock = seen.subarray(0, (fileEnd - first.file) * observationSize);
      const next = hasNext
        ? { nextObservations: gather(readFloats("next_observations", observationSize, first, fileEnd)) }
        : block.nextObservations(seen, observationSize);
      return {
        environment: recorded.environment ?? options.environment,
        observationSize,
        actionSize,
        size: end - start,
        observations: gather(inBlock),
        actions: gather(readFloats("actions", actionSize, first, fileEnd)),
        rewards: gather(readFloats("rewards", 1, first, fileEnd)),
        ...next,
        terminals: layout.terminals.slice(start, end),
        timeouts: layout.timeouts.slice(start, end),
        infos: Object.fromEntries(
          infos.map((info) => {
            const { rowShape, values } = readInfo(info, first.file, fileEnd);
            return [info.name, { rowShape, values: gather(values) }];
          }),
        ),
        episodes: block.episodes,
        metadata: recorded.metadata,
        ...(recorded.minari && { minari: recorded.minari }),
      };
    },
    readColumn(name, start, end) {
      const { first, fileEnd, gather } = layout.block(start, end);
      const columns = { observations: observationSize, actions: actionSize, rewards: 1 }[name];
      return gather(readFloats(name, columns, first, fileEnd));
    },
    close: () => file.close(),
  };
}

/** The number of rows, as `observations` has it. */
function rowsOf(file: Hdf5File): number {
  const facts = requireDataset(file, "observations");
  requireColumns(`${file.path}: "observations"`, facts.shape);
  if (facts.shape[0] === 0) throw new UserError(`${file.path}: holds no transitions`);
  return facts.shape[0];
}

function matrixOf(
  file: Hdf5File,
  name: string,
  rows: number,
  expected: { readonly columns: number; readonly by: string } | undefined,
): number {
  const { shape } = requireDataset(file, name);
  const columns = requireColumns(`${file.path}: "${name}"`, shape, expected);
  requireRows(file, name, shape[0], rows);
  return columns;
}

function vectorOf(file: Hdf5File, name: string, rows: number): void {
  const { shape } = requireDataset(file, name);
  requireVector(`${file.path}: "${name}"`, shape, rows);
  requireRows(file, name, shape[0], rows);
}

function requireRows(file: Hdf5File, name: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new UserError(`${file.path}: "${name}" has ${got} rows, "observations" has ${expected}`);
}

function infosOf(file: Hdf5File, rows: number, notes: string[]): InfoFacts[] {
  const infos: InfoFacts[] = [];
  for (const name of file.datasets("infos")) {
    const { type, shape } = requireDataset(file, name);
    if (!isColumnType(type)) {
      notes.push(`"${name}" is ${type}: left out`);
      continue;
    }
    if (shape.length === 0) {
      notes.push(`"${name}" is a single value, not one per transition: left out`);
      continue;
    }
    requireRows(file, name, shape[0], rows);
    infos.push({ name: name.slice("infos/".length), type: type as ColumnType, rowShape: shape.slice(1) });
  }
  return infos;
}
