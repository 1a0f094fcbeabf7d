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
import type { Episode, Floats, InfoColumn, Transitions, TransitionSet } from "../transition-set.ts";
import { locateMinari } from "./location.ts";
import { readMinariMetadata, type MinariMetadata } from "./metadata.ts";

/**
 * Opens a Minari dataset with Box spaces of vectors: its folder, or the `main_data.hdf5` in it. Episodes come by their
 * index, never in the order of the file's listing, which is that of their names. Each holds one more observation than
 * actions, so every next observation is known. An episode that neither terminated nor was truncated counts as truncated,
 * except the last: nothing but the flags tells where an episode ends.
 *
 * Where infos have an entry from the reset too, as Minari's own collector records them, a transition has the entry before
 * its action.
 *
 * @throws UserError, one line that names file and dataset, when it is broken or not what the options ask for
 */
export async function openMinari(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const location = locateMinari(path);
  const described = readMinariMetadata(location.metadata);
  requireEnvironment(location.data, described.environment, options.environment);
  const file = await openHdf5(location.data);
  try {
    return openFile(file, described, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Reads a whole Minari dataset, as {@link openMinari} does, in single precision. @throws UserError */
export async function readMinari(path: string, options: DatasetOptions = {}): Promise<TransitionSet> {
  const dataset = await openMinari(path, options);
  try {
    return readAll(dataset);
  } finally {
    dataset.close();
  }
}

function openFile(file: Hdf5File, described: MinariMetadata, options: DatasetOptions): Dataset {
  const { path } = file;
  const { totalEpisodes, totalSteps, metadata, minari } = described;
  const held = file.members("").filter((name) => /^episode_\d+$/.test(name)).length;
  if (held !== totalEpisodes)
    throw new UserError(`${path}: holds ${held} episodes, metadata.json says ${totalEpisodes}`);
  const environment = described.environment ?? options.environment;
  const widthOf = (name: string, options_: number | undefined, space: number | undefined): number => {
    const first = `episode_0/${name}`;
    if (file.isGroup(first))
      throw new UserError(`${path}: "${first}" is a group of several parts, only vectors can be read`);
    const expected =
      options_ !== undefined
        ? { columns: options_, by: options.environment ?? "the environment" }
        : space === undefined
          ? undefined
          : { columns: space, by: "metadata.json" };
    return requireColumns(`${path}: "${first}"`, requireDataset(file, first).shape, expected);
  };
  requireEpisode(file, 0, totalEpisodes);
  const observationSize = widthOf("observations", options.observationSize, described.observationSize);
  const actionSize = widthOf("actions", options.actionSize, described.actionSize);

  const episodes: Episode[] = [];
  const flags: { terminations: Uint8Array; truncations: Uint8Array }[] = [];
  let size = 0;
  for (let i = 0; i < totalEpisodes; i++) {
    requireEpisode(file, i, totalEpisodes);
    const { terminations, truncations, terminated, truncated } = readFlags(file, i);
    const length = terminations.length;
    const seed = file.attribute(`episode_${i}`, "seed");
    const unfinished = !terminated && !truncated && i < totalEpisodes - 1;
    if (unfinished) truncations[length - 1] = 1;
    episodes.push({
      start: size,
      end: size + length,
      terminated,
      truncated: truncated || unfinished,
      ...(seed !== undefined && { seed }),
    });
    flags.push({ terminations, truncations });
    size += length;
  }
  if (size !== totalSteps)
    throw new UserError(`${path}: holds ${size} transitions, metadata.json says ${totalSteps}`);
  const notes: string[] = [];
  const infos = infosOf(file, flags[0].terminations.length, notes);

  /** Rows of one dataset of an episode; `rows` of them are expected. */
  const readRows = (episode: number, name: string, columns: number, rows: number): Floats => {
    const full = `episode_${episode}/${name}`;
    const where = `${path}: "${full}"`;
    const { shape } = requireDataset(file, full);
    if (name === "rewards") requireVector(where, shape, rows);
    else requireColumns(where, shape, { columns, by: `"episode_0/${name}"` });
    if (shape[0] !== rows) throw new UserError(`${where} has ${shape[0]} rows, expected ${rows}`);
    const values = file.readFloats(full);
    requireFinite(path, full, values, columns);
    return values;
  };
  const readInfo = (episode: number, info: InfoFacts, rows: number): InfoColumn["values"] => {
    const full = `episode_${episode}/infos/${info.name}`;
    const { type, shape } = requireDataset(file, full);
    const expected = [rows, ...info.rowShape];
    const [given, ...rowShape] = shape;
    if (type !== info.type || rowShape.join() !== info.rowShape.join() || given < rows || given > rows + 1) {
      throw new UserError(
        `${path}: "${full}" is ${type} of shape [${shape.join(", ")}], expected ${info.type} of [${expected.join(", ")}]`,
      );
    }
    const values = file.readValues(full, 0, rows) as InfoColumn["values"];
    if (values instanceof Float32Array || values instanceof Float64Array)
      requireFinite(
        path,
        full,
        values,
        rowShape.reduce((a, b) => a * b, 1),
      );
    return values;
  };
  /** The index of the episode that a row lies in. */
  const episodeAt = (row: number): number => {
    let low = 0;
    for (let high = episodes.length - 1; low < high;) {
      const middle = (low + high) >>> 1;
      if (episodes[middle].end <= row) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  /** The parts of rows [start, end) by episode: rows [from, to) of it, at row `at` of the result. */
  const partsOf = (start: number, end: number) => {
    const parts: { episode: number; from: number; to: number; at: number; length: number }[] = [];
    for (
      let episode = episodeAt(start);
      episode < episodes.length && episodes[episode].start < end;
      episode++
    ) {
      const { start: first, end: last } = episodes[episode];
      const from = Math.max(start, first);
      parts.push({
        episode,
        from: from - first,
        to: Math.min(end, last) - first,
        at: from - start,
        length: last - first,
      });
    }
    return parts;
  };
  const facts = {
    ...(environment !== undefined && { environment }),
    observationSize,
    actionSize,
    metadata,
    ...(minari && { minari }),
  };

  return {
    ...facts,
    path,
    format: "minari",
    size,
    episodes,
    infos,
    notes,
    read(start, end): Transitions<Floats> {
      const parts = partsOf(start, end);
      const read = parts.map(({ episode, length }) => ({
        observations: readRows(episode, "observations", observationSize, length + 1),
        actions: readRows(episode, "actions", actionSize, length),
        rewards: readRows(episode, "rewards", 1, length),
        infos: infos.map((info) => readInfo(episode, info, length)),
      }));
      const gather = <T extends InfoColumn["values"]>(columns: readonly T[], width: number, shift = 0): T => {
        const kind = columns[0].constructor as new (length: number) => T;
        const joined = new kind((end - start) * width);
        parts.forEach(({ from, to, at }, i) => {
          if (columns[i].constructor !== kind)
            throw new UserError(
              `${path}: episode_${parts[i].episode} has another precision than the one before`,
            );
          const rows = columns[i].subarray((from + shift) * width, (to + shift) * width);
          (joined as Float64Array).set(rows as Float64Array, at * width);
        });
        return joined;
      };
      const observations = read.map((one) => one.observations);
      return {
        ...facts,
        size: end - start,
        observations: gather(observations, observationSize),
        actions: gather(
          read.map((one) => one.actions),
          actionSize,
        ),
        rewards: gather(
          read.map((one) => one.rewards),
          1,
        ),
        nextObservations: gather(observations, observationSize, 1),
        terminals: gather(
          parts.map(({ episode }) => flags[episode].terminations),
          1,
        ),
        timeouts: gather(
          parts.map(({ episode }) => flags[episode].truncations),
          1,
        ),
        infos: Object.fromEntries(
          infos.map(({ name, rowShape }, i) => {
            const width = rowShape.reduce((a, b) => a * b, 1);
            return [
              name,
              {
                rowShape,
                values: gather(
                  read.map((one) => one.infos[i]),
                  width,
                ),
              },
            ];
          }),
        ),
        episodes: parts.map(({ episode, from, to, at, length }) => ({
          ...episodes[episode],
          start: at,
          end: at + to - from,
          terminated: episodes[episode].terminated && to === length,
          truncated: episodes[episode].truncated && to === length,
        })),
      };
    },
    readColumn(name, start, end) {
      const columns = { observations: observationSize, actions: actionSize, rewards: 1 }[name];
      const joined: Floats[] = partsOf(start, end).map(({ episode, from, to, length }) =>
        readRows(episode, name, columns, name === "observations" ? length + 1 : length).subarray(
          from * columns,
          to * columns,
        ),
      );
      const result = new Float64Array((end - start) * columns);
      let offset = 0;
      for (const part of joined) {
        result.set(part, offset);
        offset += part.length;
      }
      return result;
    },
    close: () => file.close(),
  };
}

function requireEpisode(file: Hdf5File, index: number, total: number): void {
  if (file.isGroup(`episode_${index}`)) return;
  throw new UserError(`${file.path}: "episode_${index}" is missing, metadata.json says ${total} episodes`);
}

/** Flags of one episode, which may be set at its last step only. */
function readFlags(file: Hdf5File, index: number) {
  const group = `episode_${index}`;
  const rows = requireDataset(file, `${group}/rewards`).shape[0] ?? 0;
  if (rows === 0) throw new UserError(`${file.path}: "${group}" holds no transitions`);
  const read = (name: string): Uint8Array<ArrayBuffer> => {
    const full = `${group}/${name}`;
    const { shape } = requireDataset(file, full);
    requireVector(`${file.path}: "${full}"`, shape, rows);
    if (shape[0] !== rows)
      throw new UserError(`${file.path}: "${full}" has ${shape[0]} rows, "${group}/rewards" has ${rows}`);
    const values = file.readFlags(full);
    const early = values.indexOf(1);
    if (early >= 0 && early < rows - 1)
      throw new UserError(
        `${file.path}: "${full}" is true at row ${early}, but the episode goes on to row ${rows - 1}`,
      );
    return values;
  };
  const terminations = read("terminations");
  const truncations = read("truncations");
  return {
    terminations,
    truncations,
    terminated: terminations[rows - 1] === 1,
    truncated: truncations[rows - 1] === 1,
  };
}

/** Info columns as the first episode has them. */
function infosOf(file: Hdf5File, length: number, notes: string[]): InfoFacts[] {
  const prefix = "episode_0/infos/";
  const infos: InfoFacts[] = [];
  for (const full of file.datasets("episode_0/infos")) {
    const name = full.slice(prefix.length);
    const { type, shape } = requireDataset(file, full);
    if (!isColumnType(type)) notes.push(`"infos/${name}" is ${type}: left out`);
    else if (shape[0] !== length && shape[0] !== length + 1)
      notes.push(`"infos/${name}" has ${shape[0] ?? 1} entries for ${length} transitions: left out`);
    else infos.push({ name, type: type as ColumnType, rowShape: shape.slice(1) });
    if (isColumnType(type) && shape[0] === length + 1)
      notes.push(`"infos/${name}" has an entry after each episode's last step: left out`);
  }
  return infos;
}
