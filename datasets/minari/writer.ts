import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { UserError } from "../../src/errors.ts";
import {
  createDirectory,
  fileError,
  openAtomicDirectory,
  writeTextAtomically,
} from "../../src/runs/atomic-file.ts";
import {
  columnTypeOf,
  createHdf5,
  type ColumnValues,
  type Hdf5Output,
  type Hdf5Value,
  type Links,
} from "../hdf5/writer.ts";
import type { Episode, Metadata, Transitions } from "../transition-set.ts";
import type { DatasetWriter } from "../writer.ts";
import { environmentSpecJson } from "./environment-spec.ts";
import { dataFile, metadataFile } from "./location.ts";
import { ownKeys } from "./metadata.ts";

/** The version of Minari whose format is written. */
const minariVersion = "0.5.3";
const namespaceFile = "namespace_metadata.json";
/** `name-v0`, with or without a namespace before it: what Minari takes for an id. */
const idPattern = /^(?:[-\w]+\/)*[-\w]+-v\d+$/;

/** Bounds of a space, per component. */
export interface Bounds {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/** What a dataset's writer must know before the first row. */
export interface MinariFacts {
  readonly environment?: string;
  readonly metadata: Metadata;
  /** Further keys of `metadata.json`; they replace what would stand there by default. */
  readonly minari?: Readonly<Record<string, unknown>>;
  /** Minari's name for the dataset, such as `mujoco/hopper/medium-v0`; the folder has to end in it. */
  readonly id?: string;
  /** The environment's spaces; without them, unbounded ones. */
  readonly observationSpace?: Bounds;
  readonly actionSpace?: Bounds;
}

/**
 * Starts a Minari dataset in a new folder `directory`, which gets its name when all episodes are there. Each column
 * keeps the type that it has in the first piece. Minari stores each state once: a set whose next observations are not the
 * following rows' observations cannot be written. Arrays in the metadata have no place there and are left out.
 *
 * @throws UserError, as the writer's methods do, when the folder exists, cannot be written, or is no name for a dataset
 */
export function createMinari(directory: string, facts: MinariFacts): DatasetWriter {
  const id = facts.id ?? basename(resolve(directory));
  requireId(directory, id);
  createDirectory(dirname(resolve(directory)));
  const folder = openAtomicDirectory(directory);
  const inner = join(folder.staging, "data");
  const shown = join(directory, "data", dataFile);
  let output: Hdf5Output;
  try {
    mkdirSync(inner);
    output = createHdf5(join(inner, dataFile), shown);
  } catch (error) {
    folder.abort();
    throw fileError(directory, "cannot be created", error);
  }
  const root: Links = new Map();
  let steps = 0;
  let spaces: { observation: string; action: string } | undefined;
  return {
    append(set) {
      spaces ??= {
        observation: spaceJson(set.observations, set.observationSize, facts.observationSpace),
        action: spaceJson(set.actions, set.actionSize, facts.actionSpace),
      };
      for (const episode of set.episodes) {
        const index = root.size;
        root.set(`episode_${index}`, placeEpisode(output, set, episode, index, { directory, steps }));
      }
      steps += set.size;
    },
    commit() {
      if (spaces === undefined)
        throw new Error(`${directory}: a dataset without transitions cannot be written`);
      output.commit(output.group(root));
      const document = {
        total_episodes: root.size,
        total_steps: steps,
        data_format: "hdf5",
        observation_space: spaces.observation,
        action_space: spaces.action,
        ...describe(facts),
        ...facts.minari,
        dataset_id: id,
      };
      const megabytes = (text: string) =>
        Math.round((statSync(join(inner, dataFile)).size + text.length) / 1e5) / 10;
      const dataset_size = megabytes(JSON.stringify(document));
      writeTextAtomically(join(inner, metadataFile), JSON.stringify({ ...document, dataset_size }));
      describeNamespaces(directory, id);
      folder.commit();
    },
    abort() {
      output.abort();
      folder.abort();
    },
  };
}

function requireId(directory: string, id: string): void {
  if (!idPattern.test(id)) {
    throw new UserError(
      `${directory}: "${id}" is no name of a Minari dataset, expected one like hopper-medium-v0 or mujoco/hopper/medium-v0`,
    );
  }
  const path = resolve(directory);
  if (`${sep}${path}`.endsWith(sep + id.split("/").join(sep))) return;
  throw new UserError(
    `${directory}: Minari finds "${id}" only in a folder of that name, as in ${join("minari", id)}`,
  );
}

/** Folders of a namespace hold a file of their own, by which Minari knows them. */
function describeNamespaces(directory: string, id: string): void {
  const depth = id.split("/").length - 1;
  let folder = resolve(directory);
  for (let i = 0; i < depth; i++) {
    folder = dirname(folder);
    const path = join(folder, namespaceFile);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      writeFileSync(path, "{}");
    } catch (error) {
      throw fileError(path, "cannot be written", error);
    }
  }
}

/** The parts of `metadata.json` that a set from elsewhere implies. */
function describe({ environment, metadata, minari }: MinariFacts): Record<string, unknown> {
  const spec = environment === undefined ? undefined : environmentSpecJson(environment);
  const scalars = Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => typeof value !== "object"),
  );
  const text = (key: string): string => (typeof metadata[key] === "string" ? metadata[key] : "");
  return {
    ...(spec !== undefined && { env_spec: spec }),
    ...(spec === undefined && environment !== undefined && { [ownKeys.environment]: environment }),
    algorithm_name: text("algorithm") || text("policy"),
    description: text("description") || text("command"),
    author: [],
    author_email: [],
    code_permalink: "",
    minari_version: minariVersion,
    ...(minari === undefined && { [ownKeys.origin]: "d4rl" }),
    ...(Object.keys(scalars).length > 0 && { [ownKeys.metadata]: scalars }),
  };
}

/** A Box space as Minari writes it; Python's JSON has words for infinities, JavaScript's does not. */
function spaceJson(values: Float32Array | Float64Array, size: number, bounds: Bounds | undefined): string {
  const list = (limits: ArrayLike<number> | undefined, otherwise: number): string =>
    `[${Array.from({ length: size }, (_, i) => String(limits?.[i] ?? otherwise)).join(", ")}]`;
  const head = `"type": "Box", "dtype": "${columnTypeOf(values)}", "shape": [${size}]`;
  return `{${head}, "low": ${list(bounds?.low, -Infinity)}, "high": ${list(bounds?.high, Infinity)}}`;
}

/** A column with one value, or one row of values, per entry. */
function columnValue(
  values: ColumnValues,
  rowShape: readonly number[],
): Exclude<Hdf5Value, { kind: "scalar" }> {
  const shape = [values.length / rowShape.reduce((a, b) => a * b, 1), ...rowShape];
  if (values instanceof Float32Array || values instanceof Float64Array)
    return { kind: "float", shape, values };
  if (values instanceof Uint8Array) return { kind: "bool", shape, values };
  return { kind: "integer", shape, values };
}

/**
 * Writes one episode.
 * @param before the dataset's folder and its number of rows before the set, for messages
 * @returns the address of its group
 */
function placeEpisode(
  output: Hdf5Output,
  set: Transitions,
  { start, end, seed }: Episode,
  index: number,
  before: { readonly directory: string; readonly steps: number },
): number {
  requireChain(set, start, end, before);
  const { observationSize: width, actionSize } = set;
  const seen = set.observations.subarray(start * width, end * width);
  const observations = new (seen.constructor as typeof Float32Array)((end - start + 1) * width);
  observations.set(seen);
  observations.set(set.nextObservations.subarray((end - 1) * width, end * width), (end - start) * width);
  const rows = (values: ColumnValues, rowShape: readonly number[]) => {
    const columns = rowShape.reduce((a, b) => a * b, 1);
    return columnValue(values.subarray(start * columns, end * columns) as ColumnValues, rowShape);
  };

  const column = (values: ColumnValues, rowShape: readonly number[]): number =>
    output.column(rows(values, rowShape));
  const links: Links = new Map([
    ["actions", column(set.actions, [actionSize])],
    ["infos", placeInfos(output, set.infos, column)],
    ["observations", output.column({ kind: "float", shape: [end - start + 1, width], values: observations })],
    ["rewards", column(set.rewards, [])],
    ["terminations", column(set.terminals, [])],
    ["truncations", column(set.timeouts, [])],
  ]);
  return output.group(links, {
    id: BigInt(index),
    ...(seed !== undefined && { seed: BigInt(seed) }),
    total_steps: BigInt(end - start),
  });
}

/** Names with slashes stand for groups within groups. */
function placeInfos(
  output: Hdf5Output,
  infos: Transitions["infos"],
  column: (values: ColumnValues, rowShape: readonly number[]) => number,
): number {
  const links: Links = new Map();
  const nested = new Map<string, Record<string, Transitions["infos"][string]>>();
  for (const [name, info] of Object.entries(infos).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const slash = name.indexOf("/");
    if (slash < 0) {
      links.set(name, column(info.values, info.rowShape));
      continue;
    }
    const group = nested.get(name.slice(0, slash)) ?? {};
    group[name.slice(slash + 1)] = info;
    nested.set(name.slice(0, slash), group);
  }
  for (const [name, group] of nested) links.set(name, placeInfos(output, group, column));
  return output.group(links);
}

/** Refuses what T + 1 observations cannot hold. */
function requireChain(
  set: Transitions,
  start: number,
  end: number,
  { directory, steps }: { readonly directory: string; readonly steps: number },
): void {
  const { observationSize: width, observations, nextObservations, unknownNextObservations } = set;
  const refuse = (row: number, why: string): never => {
    throw new UserError(`${directory}: cannot be written: row ${steps + row} ${why}`);
  };
  if (unknownNextObservations?.[end - 1] === 1)
    refuse(end - 1, "terminated in a state that is not known, and Minari stores the state after every step");
  for (let i = start * width; i < (end - 1) * width; i++) {
    if (nextObservations[i] !== observations[i + width]) {
      refuse(
        Math.floor(i / width),
        "has a next observation that is not the following row's observation, and Minari stores each state once",
      );
    }
  }
}
