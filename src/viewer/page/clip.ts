import type { Channel, ColumnName, ColumnValues, EpisodeInfo, Frames } from "../scene.ts";
import type { Link } from "./link.ts";

/** An episode on the page: the frames that have come, and the means to get the others. */
export interface Clip {
  info: EpisodeInfo;
  /** Counts up whenever frames or facts have come. */
  revision: number;
  /** Frames that exist, here or on the server. */
  readonly length: number;
  has(column: ColumnName, frame: number): boolean;
  /** One frame of a column; undefined where it has not come. A view: not to be kept. */
  row(column: ColumnName, frame: number): ColumnValues | undefined;
  /** All frames of a channel, NaN where they have not come. */
  channel(id: string): Float32Array;
  channelsOf(role: Channel["role"]): readonly Channel[];
  take(frames: Frames, length: number): void;
  /** Gets what is missing of these columns, up to frame `end`. At most one such look-up runs per clip. */
  complete(link: Link, columns: readonly ColumnName[], end?: number): Promise<void>;
}

interface Column {
  readonly width: number;
  values: ColumnValues;
  present: Uint8Array;
}

export function createClip(given: EpisodeInfo): Clip {
  const columns = new Map<ColumnName, Column>();
  let length = given.frames;
  let completing = false;

  const columnOf = (name: ColumnName): Column | undefined => {
    const facts = given.columns.find((column) => column.name === name);
    if (facts === undefined) return undefined;
    let column = columns.get(name);
    if (column === undefined || column.present.length < length) {
      const capacity = Math.max(length, 2 * (column?.present.length ?? 128));
      const values = facts.type === "float32" ? new Float32Array(capacity * facts.width) : new Float64Array(capacity * facts.width);
      const present = new Uint8Array(capacity);
      if (column) {
        values.set(column.values);
        present.set(column.present);
      }
      columns.set(name, (column = { width: facts.width, values, present }));
    }
    return column;
  };
  /** The first range of frames that lacks one of these columns. */
  const missing = (names: readonly ColumnName[], end: number): [number, number] | undefined => {
    const last = Math.min(length, end);
    const held = names.flatMap((name) => columnOf(name) ?? []);
    const lacks = (frame: number): boolean => held.some(({ present }) => present[frame] === 0);
    let from = 0;
    while (from < last && !lacks(from)) from++;
    if (from >= last) return undefined;
    let to = from;
    while (to < last && lacks(to)) to++;
    return [from, to];
  };

  const clip: Clip = {
    info: given,
    revision: 0,
    get length() {
      return length;
    },
    has: (name, frame) => columns.get(name)?.present[frame] === 1,
    row(name, frame) {
      const column = columns.get(name);
      if (column?.present[frame] !== 1) return undefined;
      return column.values.subarray(frame * column.width, (frame + 1) * column.width);
    },
    channel(id) {
      const index = clip.info.channels.findIndex((channel) => channel.id === id);
      const column = columns.get("channels");
      const values = new Float32Array(length).fill(NaN);
      if (column === undefined || index < 0) return values;
      for (let frame = 0; frame < length; frame++) {
        if (column.present[frame] === 1) values[frame] = column.values[frame * column.width + index];
      }
      return values;
    },
    channelsOf: (role) => clip.info.channels.filter((channel) => channel.role === role),
    take(frames, total) {
      length = Math.max(length, total, frames.from + frames.count);
      for (const [name, values] of Object.entries(frames.columns) as [ColumnName, ColumnValues][]) {
        const column = columnOf(name);
        if (column === undefined) continue;
        column.values.set(values, frames.from * column.width);
        column.present.fill(1, frames.from, frames.from + frames.count);
      }
      clip.revision++;
    },
    async complete(link, names, end = Infinity) {
      if (completing) return;
      completing = true;
      try {
        for (let range = missing(names, end); range !== undefined; range = missing(names, end)) {
          const frames = await link.fetch(given.id, range[0], range[1], names);
          if (frames.count === 0) return;
          clip.take(frames, length);
        }
      } finally {
        completing = false;
      }
    },
  };
  return clip;
}
