import { UserError } from "../../src/errors.ts";
import {
  columnTypeOf,
  createHdf5,
  placeEntries,
  type Hdf5Reservation,
} from "../hdf5/writer.ts";
import { columnsOf } from "../columns.ts";
import type { Metadata, Transitions } from "../transition-set.ts";
import type { DatasetWriter } from "../writer.ts";
import { metadataEntries } from "./metadata.ts";

/** What a file's writer must know before the first row. */
export interface D4rlFacts {
  /** Transitions in all. */
  readonly size: number;
  readonly environment?: string;
  readonly metadata: Metadata;
  readonly minari?: Readonly<Record<string, unknown>>;
  /** The seed of each episode's reset, where all are known. */
  readonly episodeSeeds?: readonly number[];
}

/**
 * Starts a file in D4RL's layout, which gets its name when all its rows are there. Each column keeps the type that it has
 * in the first piece; the environment's id stands under `metadata`. The same rows give the same bytes, whatever the pieces.
 * An episode that is unfinished where a piece ends becomes a truncated one, as nothing else marks its end.
 *
 * @throws UserError, as the writer's methods do, when the file cannot be written; an older one is then untouched
 */
export function createD4rl(path: string, facts: D4rlFacts): DatasetWriter {
  const { size } = facts;
  if (size === 0) throw new Error("a set without transitions cannot be written");
  const output = createHdf5(path);
  let layout: ReturnType<typeof placeEntries> | undefined;
  let written = 0;
  let unfinished = false;
  return {
    append(set) {
      if (set.unknownNextObservations?.includes(1)) {
        throw new UserError(
          `${path}: cannot be written: the states after some terminations are not known, and D4RL's layout has no mark for that`,
        );
      }
      if (written + set.size > size) throw new Error(`${path}: more than ${size} rows`);
      const columns = columnsOf(set);
      if (layout === undefined) {
        const reservations = Object.entries(columns).map(
          ([name, { rowShape, values }]): [string, Hdf5Reservation] => [
            name,
            { kind: "reserved", type: columnTypeOf(values), shape: [size, ...rowShape] },
          ],
        );
        layout = placeEntries(output, { ...Object.fromEntries(reservations), ...metadataEntries(facts) });
      }
      const { reserved } = layout;
      if (unfinished) reserved.get("timeouts")?.(written - 1, Uint8Array.of(1));
      for (const [name, write] of reserved) {
        const column = columns[name];
        if (column === undefined) throw new Error(`${path}: "${name}" is missing from row ${written} on`);
        const width = column.rowShape.reduce((product, columns_) => product * columns_, 1);
        if (column.values.length !== set.size * width)
          throw new Error(`${path}: ${column.values.length} values of "${name}" for ${set.size} rows`);
        write(written * width, column.values);
      }
      written += set.size;
      const last = set.episodes[set.episodes.length - 1];
      unfinished = !last.terminated && !last.truncated;
    },
    commit() {
      if (layout === undefined || written !== size) throw new Error(`${path}: ${written} of ${size} rows`);
      output.commit(layout.root);
    },
    abort: () => output.abort(),
  };
}

/**
 * Writes a set in D4RL's layout, atomically; the same set gives the same bytes.
 *
 * @throws UserError when the file cannot be written, or next observations are not known; an older file is then untouched
 */
export function writeD4rl(path: string, set: Transitions): void {
  const seeds = set.episodes.map(({ seed }) => seed).filter((seed) => seed !== undefined);
  const writer = createD4rl(path, {
    ...set,
    ...(seeds.length === set.episodes.length && { episodeSeeds: seeds }),
  });
  try {
    writer.append(set);
    writer.commit();
  } catch (error) {
    writer.abort();
    throw error;
  }
}
