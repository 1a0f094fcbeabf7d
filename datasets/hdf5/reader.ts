import { UserError } from "../../src/errors.ts";
import { decodeScalar, loadLibrary, openSilence, typeName, type Metadata } from "./library.ts";
import { checkFile } from "./signature.ts";

/** What a dataset in an HDF5 file is, in the words of its error messages: `float32`, `bool`, `string`. */
export interface DatasetFacts {
  readonly type: string;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
}

/** Values as they lie in a file: float32, float64, int32, int64; bool as 0 and 1. */
export type FileValues =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/**
 * An HDF5 file open for reading. Names are paths without a leading slash: `infos/qpos`. Columns can be read by rows
 * [start, end), by default all; a row is an entry of the first dimension. Errors are UserErrors.
 */
export interface Hdf5File {
  readonly path: string;
  /** Names of what a group holds, in the file's order of names; none when there is no such group. */
  members(group: string): string[];
  /** Paths of all datasets under a group, at any depth; none when there is no such group. */
  datasets(group: string): string[];
  isGroup(name: string): boolean;
  /** Undefined when there is no such dataset. */
  facts(name: string): DatasetFacts | undefined;
  /** Row-major values of a float32 or float64 dataset, in the file's precision. */
  readFloats(
    name: string,
    start?: number,
    end?: number,
  ): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** Values of a boolean dataset, or one of 8-bit integers that are all 0 or 1. */
  readFlags(name: string, start?: number, end?: number): Uint8Array<ArrayBuffer>;
  /** Values of any type in {@link FileValues}; undefined for another. */
  readValues(name: string, start?: number, end?: number): FileValues | undefined;
  /** The value of a scalar number, boolean or string; undefined for any other dataset. */
  readScalar(name: string): number | string | undefined;
  /** A numeric attribute; undefined when it is absent or something else. */
  attribute(name: string, attribute: string): number | undefined;
  close(): void;
}

/** Datasets are read in pieces of about this many bytes, so that only one whole copy, the result, is ever held. */
const pieceBytes = 16 * 1024 * 1024;

const arrayTypes: Readonly<Record<string, new (length: number) => FileValues>> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** A type of {@link FileValues}, by its name in {@link DatasetFacts}. */
export const isColumnType = (type: string): boolean => type in arrayTypes;

/** What a dataset is. @throws UserError when the file has it not */
export function requireDataset(file: Hdf5File, name: string): DatasetFacts {
  const facts = file.facts(name);
  if (facts === undefined) throw new UserError(`${file.path}: "${name}" is missing`);
  return facts;
}

/**
 * Opens an HDF5 file. Only the parts that are asked for are read from the disk.
 * @throws UserError when it is missing, not a regular file, not HDF5, or truncated
 */
export async function openHdf5(path: string): Promise<Hdf5File> {
  checkFile(path);
  const module = await loadLibrary();
  const silence = openSilence(path);
  const quietly = silence.during;
  const id = quietly(() => module.open(path, module.H5F_ACC_RDONLY, false, -1, -1));
  if (id < 0n) {
    silence.close();
    throw new UserError(`${path}: is a damaged HDF5 file`);
  }
  const kindOf = (name: string): number => module.get_type(id, `/${name}`);

  // Whoever reads a dataset looked at its facts just before.
  let last: { name: string; metadata: Metadata | undefined } | undefined;
  const metadataOf = (name: string): Metadata | undefined => {
    if (last?.name !== name) {
      const metadata = quietly(() =>
        kindOf(name) === module.H5G_DATASET ? module.get_dataset_metadata(id, `/${name}`) : undefined,
      );
      last = { name, metadata };
    }
    return last.metadata;
  };

  const require = (name: string): Metadata => {
    const metadata = metadataOf(name);
    if (metadata === undefined) throw new UserError(`${path}: "${name}" is missing`);
    return metadata;
  };

  const factsOf = (metadata: Metadata): DatasetFacts => ({
    type: typeName(module, metadata),
    shape: metadata.shape ?? [],
  });

  /** Reads rows from `first` on into `target`, as many as it holds; its elements are as wide as the file's. */
  const fill = (name: string, metadata: Metadata, target: Uint8Array, first: number): void => {
    const shape = metadata.shape ?? [];
    const rowBytes = shape.slice(1).reduce((product, size) => product * size, metadata.size);
    const last = first + target.length / Math.max(rowBytes, 1);
    const chunkRows = metadata.chunks?.[0] ?? 1;
    const rows = Math.max(1, Math.floor(pieceBytes / Math.max(rowBytes, 1) / chunkRows)) * chunkRows;
    for (let row = first; row < last && target.length > 0;) {
      // Up to a chunk's end: a chunk that two pieces share would be decompressed twice.
      const count = Math.min(last, (Math.floor(row / chunkRows) + rows / chunkRows) * chunkRows) - row;
      const bytes = count * rowBytes;
      const pointer = module._malloc(bytes);
      if (pointer === 0) throw new UserError(`${path}: "${name}" does not fit into memory`);
      try {
        const selection = shape.length === 0 ? null : [BigInt(count), ...shape.slice(1).map(BigInt)];
        const offset = shape.length === 0 ? null : [BigInt(row), ...shape.slice(1).map(() => 0n)];
        const strides = shape.length === 0 ? null : shape.map(() => 1n);
        const status = quietly(() =>
          module.get_dataset_data(id, `/${name}`, selection, offset, strides, BigInt(pointer)),
        );
        if (status < 0) throw new UserError(`${path}: "${name}" cannot be read: the file is damaged`);
        // The heap's view changes when it grows, so it is taken afresh for every piece.
        target.set(module.HEAPU8.subarray(pointer, pointer + bytes), (row - first) * rowBytes);
      } finally {
        module._free(pointer);
      }
      row += count;
    }
  };

  const read = <T extends FileValues>(
    name: string,
    metadata: Metadata,
    kind: new (length: number) => T,
    start = 0,
    end?: number,
  ): T => {
    const shape = metadata.shape ?? [];
    const rows = shape[0] ?? 1;
    const stop = end ?? rows;
    if (start < 0 || stop > rows || start > stop)
      throw new Error(`${path}: "${name}" has no rows ${start} to ${stop}`);
    const width = shape.slice(1).reduce((product, size) => product * size, 1);
    let values: T;
    try {
      values = new kind((stop - start) * width);
    } catch {
      throw new UserError(`${path}: "${name}" does not fit into memory`);
    }
    fill(name, metadata, new Uint8Array(values.buffer), start);
    return values;
  };

  /** A string of variable length: HDF5 hands out a pointer to memory that it wants back. */
  const readText = (name: string, metadata: Metadata): string | undefined => {
    const pointer = module._malloc(metadata.size);
    try {
      if (module.get_dataset_data(id, `/${name}`, null, null, null, BigInt(pointer)) < 0) return undefined;
      const text = module.HEAPU8.slice(pointer, pointer + 4);
      const value = module.UTF8ToString(new DataView(text.buffer).getUint32(0, true));
      module.reclaim_vlen_memory(id, `/${name}`, "", BigInt(pointer));
      return value;
    } finally {
      module._free(pointer);
    }
  };

  const members = (group: string): string[] =>
    quietly(() => (kindOf(group) === module.H5G_GROUP ? module.get_names(id, `/${group}`, false) : []));

  return {
    path,
    members,
    datasets(group) {
      const names: string[] = [];
      const visit = (name: string): void => {
        const kind = quietly(() => kindOf(name));
        if (kind === module.H5G_DATASET) names.push(name);
        if (kind === module.H5G_GROUP) for (const child of members(name)) visit(`${name}/${child}`);
      };
      visit(group);
      return names;
    },
    isGroup: (name) => quietly(() => kindOf(name)) === module.H5G_GROUP,
    facts(name) {
      const metadata = metadataOf(name);
      return metadata && factsOf(metadata);
    },
    readFloats(name, start, end) {
      const metadata = require(name);
      const type = typeName(module, metadata);
      if (type !== "float32" && type !== "float64") {
        throw new UserError(`${path}: "${name}" is ${type}, expected float32 or float64`);
      }
      return type === "float32"
        ? read(name, metadata, Float32Array, start, end)
        : read(name, metadata, Float64Array, start, end);
    },
    readFlags(name, start = 0, end) {
      const metadata = require(name);
      const type = typeName(module, metadata);
      if (type !== "bool" && type !== "int8" && type !== "uint8") {
        throw new UserError(`${path}: "${name}" is ${type}, expected bool`);
      }
      const values = read(name, metadata, Uint8Array, start, end);
      const wrong = values.findIndex((value) => value > 1);
      if (wrong >= 0)
        throw new UserError(
          `${path}: "${name}" is ${values[wrong]} at row ${start + wrong}, expected 0 or 1`,
        );
      return values;
    },
    readValues(name, start, end) {
      const metadata = require(name);
      const kind = arrayTypes[typeName(module, metadata)];
      return kind && read(name, metadata, kind, start, end);
    },
    readScalar(name) {
      const metadata = require(name);
      if (metadata.shape === null || metadata.total_size !== 1) return undefined;
      if (metadata.vlen) return quietly(() => readText(name, metadata));
      const bytes = new Uint8Array(metadata.size);
      fill(name, metadata, bytes, 0);
      return decodeScalar(bytes, typeName(module, metadata));
    },
    attribute(name, attribute) {
      return quietly(() => {
        if (!module.get_attribute_names(id, `/${name}`).includes(attribute)) return undefined;
        const metadata = module.get_attribute_metadata(id, `/${name}`, attribute);
        if (metadata.vlen || metadata.total_size !== 1) return undefined;
        const pointer = module._malloc(metadata.size);
        try {
          if (module.get_attribute_data(id, `/${name}`, attribute, BigInt(pointer)) < 0) return undefined;
          const bytes = module.HEAPU8.slice(pointer, pointer + metadata.size);
          const value = decodeScalar(bytes, typeName(module, metadata));
          return typeof value === "number" ? value : undefined;
        } finally {
          module._free(pointer);
        }
      });
    },
    close() {
      quietly(() => module.close_file(id));
      silence.close();
    },
  };
}
