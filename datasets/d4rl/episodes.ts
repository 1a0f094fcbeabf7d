import { splitEpisodes, type Episode, type Floats } from "../transition-set.ts";

/** One row by its number in the file and in the set that the file is read as. */
export interface Row {
  readonly file: number;
  readonly set: number;
}

/** Rows [start, end) of a set, and what of the file holds them. */
export interface Block {
  readonly first: Row;
  /** The file's rows from `first` up to here hold the block; the last of them belongs to it. */
  readonly fileEnd: number;
  /** Picks the set's rows from values of the file's rows; any number of values per row. */
  gather<T extends ArrayLike<unknown> & { subarray(start: number, end: number): T }>(values: T): T;
  /** Episodes by rows of the block, cut at its ends. */
  readonly episodes: Episode[];
  /**
   * Each row's next observation, from the following one's.
   * @param observations of the block's rows in the file and, where there is one, the row after them
   */
  nextObservations(
    observations: Floats,
    width: number,
  ): { readonly nextObservations: Floats; readonly unknownNextObservations?: Uint8Array };
}

/** Which rows of a file make up a set, and where its episodes lie. */
export interface RowLayout {
  readonly size: number;
  readonly episodes: readonly Episode[];
  /** [size] */
  readonly terminals: Uint8Array;
  readonly timeouts: Uint8Array;
  block(start: number, end: number): Block;
}

/** A time limit is reached after so many steps since the episode began; a terminal step is no timeout. */
export function deriveTimeouts(terminals: Uint8Array, maxEpisodeSteps: number): Uint8Array<ArrayBuffer> {
  const timeouts = new Uint8Array(terminals.length);
  let steps = 0;
  for (let row = 0; row < terminals.length; row++) {
    steps++;
    if (terminals[row] === 0 && steps === maxEpisodeSteps) timeouts[row] = 1;
    if (terminals[row] === 1 || timeouts[row] === 1) steps = 0;
  }
  return timeouts;
}

/**
 * @param hasNext whether the file tells every row's next observation; where not, the last row of an episode that did
 *   not terminate is left out
 * @param seeds of the episodes' resets; of use only where there is one for each episode
 */
export function layOutRows(
  terminals: Uint8Array,
  timeouts: Uint8Array,
  hasNext: boolean,
  seeds: readonly number[] = [],
): RowLayout {
  const inFile = splitEpisodes(terminals, timeouts);
  const kept: { readonly episode: Episode; readonly file: number }[] = [];
  let size = 0;
  for (const [i, { start, end, terminated, truncated }] of inFile.entries()) {
    const length = end - start - (hasNext || terminated ? 0 : 1);
    if (length === 0) continue;
    // Without the row that carried the flag the next episode would follow on: it moves to the row before.
    const cut = truncated || (!hasNext && !terminated);
    const seed = seeds.length === inFile.length ? { seed: seeds[i] } : {};
    kept.push({
      episode: { start: size, end: size + length, terminated, truncated: cut, ...seed },
      file: start,
    });
    size += length;
  }
  const episodes = kept.map(({ episode }) => episode);
  const setTerminals = new Uint8Array(size);
  const setTimeouts = new Uint8Array(size);
  for (const { end, terminated, truncated } of episodes) {
    setTerminals[end - 1] = Number(terminated);
    setTimeouts[end - 1] = Number(truncated);
  }
  return {
    size,
    episodes,
    terminals: setTerminals,
    timeouts: setTimeouts,
    block: (start, end) => blockOf(kept, start, end),
  };
}

function blockOf(
  kept: readonly { readonly episode: Episode; readonly file: number }[],
  start: number,
  end: number,
): Block {
  // The first episode that reaches into the block.
  let low = 0;
  for (let high = kept.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (kept[middle].episode.end <= start) low = middle + 1;
    else high = middle;
  }
  const parts: {
    readonly from: number;
    readonly to: number;
    readonly length: number;
    readonly ends: boolean;
  }[] = [];
  const episodes: Episode[] = [];
  const origin = kept[low].file + start - kept[low].episode.start;
  for (let i = low; i < kept.length && kept[i].episode.start < end; i++) {
    const { episode, file } = kept[i];
    const first = Math.max(start, episode.start);
    const last = Math.min(end, episode.end);
    const whole = last === episode.end;
    parts.push({
      from: file + first - episode.start - origin,
      to: first - start,
      length: last - first,
      ends: whole && episode.terminated,
    });
    episodes.push({
      ...episode,
      start: first - start,
      end: last - start,
      terminated: whole && episode.terminated,
      truncated: whole && episode.truncated,
    });
  }
  const lastPart = parts[parts.length - 1];
  const rows = lastPart.from + lastPart.length;
  return {
    first: { file: origin, set: start },
    fileEnd: origin + rows,
    episodes,
    gather(values) {
      if (rows === end - start) return values;
      const width = values.length / rows;
      const target = values as unknown as Uint8Array;
      // Parts only move towards the beginning, so earlier ones are never overwritten before they have moved.
      for (const { from, to, length } of parts)
        target.copyWithin(to * width, from * width, (from + length) * width);
      return values.subarray(0, (end - start) * width);
    },
    nextObservations(observations, width) {
      const next = observations.slice(0, (end - start) * width) as Floats;
      const unknown = new Uint8Array(end - start);
      for (const { from, to, length, ends } of parts) {
        const known = ends ? length - 1 : length;
        const source = observations as Float64Array;
        (next as Float64Array).set(
          source.subarray((from + 1) * width, (from + 1 + known) * width),
          to * width,
        );
        if (!ends) continue;
        const repeated = source.subarray((from + known) * width, (from + length) * width);
        (next as Float64Array).set(repeated, (to + known) * width);
        unknown[to + known] = 1;
      }
      return { nextObservations: next, ...(unknown.includes(1) && { unknownNextObservations: unknown }) };
    },
  };
}
