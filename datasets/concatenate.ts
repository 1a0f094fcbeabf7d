import { UserError } from "../src/errors.ts";
import { requireFinite } from "./finite.ts";
import type { Episode, InfoColumn, Metadata, Transitions, TransitionSet } from "./transition-set.ts";

type Columns = Omit<TransitionSet, "environment" | "metadata" | "minari">;

const zerosLike = (values: InfoColumn["values"], length: number): InfoColumn["values"] =>
  new (values.constructor as new (length: number) => InfoColumn["values"])(length);

const sameKind = (a: InfoColumn, b: InfoColumn | undefined): boolean =>
  b?.values.constructor === a.values.constructor && b.rowShape.join() === a.rowShape.join();

/**
 * Lays pieces one after the other into arrays of single precision. An episode that ends unfinished before another piece
 * begins becomes a truncated one: what follows is not its continuation. Info columns that not every piece has in the
 * same type and shape are left out.
 *
 * @param size sum of the pieces' sizes
 * @param path where the numbers come from, for messages
 * @throws UserError when a number overflows single precision, or the whole does not fit into memory
 */
export function joinPieces(pieces: Iterable<Transitions>, size: number, path: string): Columns {
  let joined: Columns | undefined;
  const infos = new Map<string, InfoColumn>();
  const episodes: Episode[] = [];
  let unknown: Uint8Array | undefined;
  let offset = 0;
  for (const piece of pieces) {
    const { observationSize, actionSize } = piece;
    if (joined === undefined) {
      try {
        joined = {
          observationSize,
          actionSize,
          size,
          observations: new Float32Array(size * observationSize),
          actions: new Float32Array(size * actionSize),
          rewards: new Float32Array(size),
          nextObservations: new Float32Array(size * observationSize),
          terminals: new Uint8Array(size),
          timeouts: new Uint8Array(size),
          infos: {},
          episodes,
        };
        for (const [name, { rowShape, values }] of Object.entries(piece.infos)) {
          infos.set(name, { rowShape, values: zerosLike(values, (values.length / piece.size) * size) });
        }
      } catch {
        throw new UserError(`${path}: ${size} transitions do not fit into memory`);
      }
    }
    const put = (name: string, target: Float32Array, source: Float32Array | Float64Array, width: number) => {
      target.set(source, offset * width);
      if (source instanceof Float32Array) return;
      // A double may overflow single precision.
      requireFinite(
        path,
        name,
        target.subarray(offset * width, offset * width + source.length),
        width,
        offset,
      );
    };
    put("observations", joined.observations, piece.observations, observationSize);
    put("actions", joined.actions, piece.actions, actionSize);
    put("rewards", joined.rewards, piece.rewards, 1);
    put("next_observations", joined.nextObservations, piece.nextObservations, observationSize);
    joined.terminals.set(piece.terminals, offset);
    joined.timeouts.set(piece.timeouts, offset);
    if (piece.unknownNextObservations !== undefined) {
      unknown ??= new Uint8Array(size);
      unknown.set(piece.unknownNextObservations, offset);
    }
    for (const [name, column] of infos) {
      const source = piece.infos[name];
      if (!sameKind(column, source)) infos.delete(name);
      else
        (column.values as Float64Array).set(
          source.values as Float64Array,
          offset * (source.values.length / piece.size),
        );
    }
    const last = episodes[episodes.length - 1];
    if (last !== undefined && !last.terminated && !last.truncated) {
      episodes[episodes.length - 1] = { ...last, truncated: true };
      joined.timeouts[offset - 1] = 1;
    }
    for (const episode of piece.episodes)
      episodes.push({ ...episode, start: episode.start + offset, end: episode.end + offset });
    offset += piece.size;
  }
  if (joined === undefined || offset !== size)
    throw new Error(`${path}: ${offset} of ${size} rows were given`);
  return {
    ...joined,
    infos: Object.fromEntries(infos),
    ...(unknown && { unknownNextObservations: unknown }),
  };
}

/**
 * One set after the other, as medium-expert sets are made. No episode goes on from one set into the next. The result
 * has the metadata that all sets share.
 *
 * @throws UserError when the sets are of different environments, or of unknown ones with different sizes
 */
export function concatenate(sets: readonly Transitions[]): TransitionSet {
  const [first, ...others] = sets;
  if (first === undefined) throw new Error("there are no sets to join");
  const describe = ({ environment, observationSize, actionSize }: Transitions): string =>
    `${environment ?? "an unknown environment"} (${observationSize} observations, ${actionSize} actions)`;
  for (const set of others) {
    const known = first.environment !== undefined && set.environment !== undefined;
    const same = first.observationSize === set.observationSize && first.actionSize === set.actionSize;
    if (!same || (known && first.environment !== set.environment))
      throw new UserError(`sets of ${describe(first)} and of ${describe(set)} cannot be joined`);
  }
  const everywhere = (of: (set: Transitions) => unknown): boolean =>
    others.every((set) => JSON.stringify(of(set)) === JSON.stringify(of(first)));
  const shared = Object.entries(first.metadata).filter(([key, value]) =>
    typeof value === "object" ? others.length === 0 : everywhere(({ metadata }) => metadata[key]),
  );
  const size = sets.reduce((sum, set) => sum + set.size, 0);
  return {
    ...joinPieces(sets, size, "the joined set"),
    ...(everywhere(({ environment }) => environment) && { environment: first.environment }),
    metadata: Object.fromEntries(shared) satisfies Metadata,
    ...(others.length === 0 && first.minari && { minari: first.minari }),
  };
}
