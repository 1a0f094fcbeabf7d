import type { Channel, Column, ColumnName, ColumnValues, EpisodeInfo, Frames, Mark } from "./scene.ts";

/** What is known of an episode before its first frame. */
export interface EpisodeFacts {
  readonly id: string;
  readonly track: string;
  readonly choice: string;
  readonly label: string;
  readonly robot: string;
  readonly dt: number;
  readonly columns: readonly Column[];
  readonly channels: readonly Channel[];
  readonly probes: boolean;
  /** Frames that it has at most; memory is bounded by it. */
  readonly limit: number;
}

/** An episode that grows frame by frame. */
export interface Episode {
  info(): EpisodeInfo;
  readonly length: number;
  readonly complete: boolean;
  /** Adds a frame; columns that are left out, and the rest of those that are too short, are NaN. */
  push(row: Readonly<Partial<Record<ColumnName, ArrayLike<number>>>>): void;
  /** One frame of a column as a view, valid until the next `push`. @throws RangeError where there is none */
  row(name: ColumnName, frame: number): ColumnValues;
  /** Copies of rows [from, to), cut to what there is. Unknown columns are left out. */
  slice(from: number, to: number, columns: readonly ColumnName[]): Frames;
  /** Bytes of one frame of these columns. */
  rowBytes(columns: readonly ColumnName[]): number;
  mark(mark: Mark): void;
  /** No further frames come. @param ending how it ended, in words */
  finish(ending: string): void;
}

const firstCapacity = 256;

export function createEpisode(facts: EpisodeFacts): Episode {
  const { limit, ...rest } = facts;
  const marks: Mark[] = [];
  let capacity = Math.min(firstCapacity, limit);
  let length = 0;
  let ending = "";
  let complete = false;
  const widths = new Map(facts.columns.map(({ name, width }) => [name, width]));
  const allocate = ({ type, width }: Column): ColumnValues =>
    type === "float32" ? new Float32Array(width * capacity) : new Float64Array(width * capacity);
  const arrays = new Map(facts.columns.map((column) => [column.name, allocate(column)]));

  const grow = (): void => {
    capacity = Math.min(2 * capacity, limit);
    for (const column of facts.columns) {
      const larger = allocate(column);
      larger.set(arrays.get(column.name) ?? []);
      arrays.set(column.name, larger);
    }
  };

  return {
    get length() {
      return length;
    },
    get complete() {
      return complete;
    },
    info: () => ({ ...rest, frames: length, complete, marks: [...marks], ending }),
    push(row) {
      if (complete || length >= limit) throw new RangeError(`${facts.id}: no room for frame ${length}`);
      if (length === capacity) grow();
      for (const { name, width } of facts.columns) {
        const target = arrays.get(name)?.subarray(length * width, (length + 1) * width);
        const values = row[name] ?? [];
        if (values.length > width) throw new RangeError(`${facts.id}: "${name}" has ${values.length} numbers, expected ${width}`);
        target?.fill(NaN).set(values);
      }
      length++;
    },
    row(name, frame) {
      const width = widths.get(name) ?? 0;
      const array = arrays.get(name);
      if (array === undefined || !(frame >= 0 && frame < length)) throw new RangeError(`${facts.id} has no ${name} of frame ${frame}`);
      return array.subarray(frame * width, (frame + 1) * width);
    },
    slice(from, to, columns) {
      const start = Math.max(0, Math.min(from, length));
      const end = Math.max(start, Math.min(to, length));
      const parts = columns.flatMap((name): [ColumnName, ColumnValues][] => {
        const width = widths.get(name);
        const array = arrays.get(name);
        return width === undefined || array === undefined ? [] : [[name, array.slice(start * width, end * width)]];
      });
      return { episode: facts.id, from: start, count: end - start, columns: Object.fromEntries(parts) };
    },
    rowBytes: (columns) =>
      facts.columns
        .filter(({ name }) => columns.includes(name))
        .reduce((sum, { width, type }) => sum + width * (type === "float32" ? 4 : 8), 0),
    mark: (mark) => void marks.push(mark),
    finish(words) {
      complete = true;
      ending = words;
    },
  };
}
