/*
 * A writer of HDF5 files. h5wasm reads HDF5 but does not serve for writing: it cannot create the booleans that D4RL's
 * files hold, it stamps every dataset with the time, so that no two files are the same, and a full disk leaves it with
 * a file that it can neither finish nor close.
 * Columns are not compressed: gzip takes 8 % off such data, and its output changes from one zlib to the next.
 */
import { bytesOf, openAtomicFile } from "../../src/runs/atomic-file.ts";
import { elementBytes, type ColumnType } from "./column-type.ts";
import {
  columnHeader,
  groupHeader,
  indexedGroupHeader,
  scalarHeader,
  superblock,
  superblockBytes,
  type ScalarValue,
} from "./format.ts";
import { placeLinkIndex } from "./link-index.ts";

export type { ColumnType } from "./column-type.ts";
export type { ScalarValue } from "./format.ts";

export type Hdf5Value =
  | {
      readonly kind: "float";
      readonly shape: readonly number[];
      readonly values: Float32Array | Float64Array;
    }
  | {
      readonly kind: "integer";
      readonly shape: readonly number[];
      readonly values: Int32Array | BigInt64Array;
    }
  /** Written as h5py writes NumPy's bool: an enumeration FALSE, TRUE of 8-bit integers. */
  | { readonly kind: "bool"; readonly shape: readonly number[]; readonly values: Uint8Array }
  | { readonly kind: "scalar"; readonly value: ScalarValue };

export type ColumnValues = Exclude<Hdf5Value, { kind: "scalar" }>["values"];

/** A column whose values come later, piece by piece. */
export interface Hdf5Reservation {
  readonly kind: "reserved";
  readonly type: ColumnType;
  readonly shape: readonly number[];
}

/** A group's links: names and the addresses of what they lead to. */
export type Links = Map<string, number>;

/** An HDF5 file that is being written. Addresses are those of headers, for {@link Links}. */
export interface Hdf5Output {
  column(value: Exclude<Hdf5Value, { kind: "scalar" }>): number;
  scalar(value: ScalarValue): number;
  /** Room for a column; `write` puts values at an element of it. */
  reserve(reservation: Hdf5Reservation): {
    readonly header: number;
    write(element: number, values: ColumnValues): void;
  };
  group(links: Links, attributes?: Readonly<Record<string, ScalarValue>>): number;
  /** Completes the file; it then has its name. */
  commit(root: number): void;
  /** Removes what was written. */
  abort(): void;
}

/** Groups up to this size keep their links in their header. */
const largestPlainGroup = 64;
/** Small parts of a file are gathered up to so many bytes before they are written. */
const gatheredBytes = 1 << 20;

export function columnTypeOf(values: ColumnValues): ColumnType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof Float64Array) return "float64";
  if (values instanceof Int32Array) return "int32";
  return values instanceof BigInt64Array ? "int64" : "bool";
}

/**
 * Starts an HDF5 file, which gets its name when it is complete. What is written in the same order gives the same bytes.
 * @param shownAs the path in messages
 * @throws UserError, as all methods of the result, when the file system refuses
 */
export function createHdf5(path: string, shownAs = path): Hdf5Output {
  const file = openAtomicFile(path, shownAs);
  let gathered: Uint8Array[] = [];
  let gatheredSize = 0;
  let end = 0;
  const flush = (): void => {
    if (gatheredSize > 0) file.append(Buffer.concat(gathered));
    gathered = [];
    gatheredSize = 0;
  };
  const append = (bytes: Uint8Array): void => {
    end += bytes.length;
    if (bytes.length > gatheredBytes / 4) {
      flush();
      file.append(bytes);
      return;
    }
    // A copy: the caller may reuse its array.
    gathered.push(bytes.slice());
    gatheredSize += bytes.length;
    if (gatheredSize > gatheredBytes) flush();
  };
  const padding = (bytes: number): number => (8 - (bytes % 8)) % 8;
  const place = (view: ArrayBufferView): number => {
    const address = end;
    append(bytesOf(view));
    append(new Uint8Array(padding(view.byteLength)));
    return address;
  };
  // The first bytes are known at the end only.
  append(new Uint8Array(superblockBytes));

  return {
    column(value) {
      const { shape, values } = value;
      const count = shape.reduce((product, size) => product * size, 1);
      if (count !== values.length) throw new Error(`${values.length} values for shape [${shape.join(", ")}]`);
      return place(columnHeader(columnTypeOf(values), shape, place(values)));
    },
    scalar: (value) => place(scalarHeader(value, place)),
    reserve({ type, shape }) {
      const bytes = shape.reduce((product, size) => product * size, elementBytes[type]);
      const address = end;
      flush();
      file.reserve(bytes + padding(bytes));
      end += bytes + padding(bytes);
      return {
        header: place(columnHeader(type, shape, address)),
        write(element, values) {
          const offset = element * elementBytes[type];
          if (columnTypeOf(values) !== type || offset + values.byteLength > bytes) {
            throw new Error(`${values.length} values of ${columnTypeOf(values)} at ${element} do not fit`);
          }
          file.write(values, address + offset);
        },
      };
    },
    group(links, attributes = {}) {
      if (links.size <= largestPlainGroup) return place(groupHeader(links, attributes));
      const { tree, heap } = placeLinkIndex(links, place);
      return place(indexedGroupHeader(tree, heap, attributes));
    },
    commit(root) {
      flush();
      file.write(superblock(end, root), 0);
      file.commit();
    },
    abort: () => file.abort(),
  };
}

type Tree<V> = Map<string, Tree<V> | V>;

function treeOf<V extends object>(entries: Readonly<Record<string, V>>): Tree<V> {
  const root: Tree<V> = new Map();
  // In the order of their names: the order in which a caller filled its record must not show in the bytes.
  for (const [path, value] of Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = path.split("/");
    const last = names.pop() as string;
    let group = root;
    for (const name of names) {
      const child = group.get(name) ?? (new Map() as Tree<V>);
      if (!(child instanceof Map)) throw new Error(`"${path}" lies under a dataset`);
      group.set(name, child);
      group = child;
    }
    group.set(last, value);
  }
  return root;
}

/**
 * Places entries and the groups that their paths name.
 * @returns the header of the root group, and a function for each reservation that puts values at an element
 */
export function placeEntries(
  output: Hdf5Output,
  entries: Readonly<Record<string, Hdf5Value | Hdf5Reservation>>,
): {
  readonly root: number;
  readonly reserved: ReadonlyMap<string, (at: number, values: ColumnValues) => void>;
} {
  const reserved = new Map<string, (at: number, values: ColumnValues) => void>();
  const placeOne = (path: string, entry: Hdf5Value | Hdf5Reservation): number => {
    if (entry.kind === "scalar") return output.scalar(entry.value);
    if (entry.kind !== "reserved") return output.column(entry);
    const { header, write } = output.reserve(entry);
    reserved.set(path, write);
    return header;
  };
  const placeAll = (tree: Tree<Hdf5Value | Hdf5Reservation>, prefix: string): number => {
    const links: Links = new Map();
    for (const [name, child] of tree) {
      const path = prefix + name;
      links.set(name, child instanceof Map ? placeAll(child, `${path}/`) : placeOne(path, child));
    }
    return output.group(links);
  };
  return { root: placeAll(treeOf(entries), ""), reserved };
}

/**
 * Writes an HDF5 file atomically. The same entries give the same bytes, everywhere and at any time.
 *
 * @param entries by path, such as `infos/qpos`; groups come from the paths
 * @throws UserError when the file cannot be written; an older file is then untouched
 */
export function writeHdf5(path: string, entries: Readonly<Record<string, Hdf5Value>>): void {
  const output = createHdf5(path);
  try {
    output.commit(placeEntries(output, entries).root);
  } catch (error) {
    output.abort();
    throw error;
  }
}
