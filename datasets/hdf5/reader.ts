import { closeSync, openSync, readSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { FS, ready } from "h5wasm/node";
import type { Metadata } from "h5wasm/node";
import { UserError } from "../../src/errors.ts";
import { fileError } from "../../src/runs/atomic-file.ts";

/** What a dataset in an HDF5 file is, in the words of its error messages: `float32`, `bool`, `string`. */
export interface DatasetFacts {
  readonly type: string;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
}

/** An HDF5 file open for reading. Names are paths without a leading slash: `infos/qpos`. Errors are UserErrors. */
export interface Hdf5File {
  readonly path: string;
  /** Names of all datasets under a group, at any depth; none when there is no such group. */
  datasets(group: string): string[];
  /** Undefined when there is no such dataset. */
  facts(name: string): DatasetFacts | undefined;
  /** Row-major values of a float32 or float64 dataset, in the file's precision. */
  readFloats(name: string): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** Values of a boolean dataset, or one of 8-bit integers that are all 0 or 1. */
  readFlags(name: string): Uint8Array<ArrayBuffer>;
  /** The value of a scalar number, boolean or string; undefined for any other dataset. */
  readScalar(name: string): number | string | undefined;
  close(): void;
}

/** Datasets are read in pieces of about this many bytes, so that only one whole copy, the result, is ever held. */
const pieceBytes = 16 * 1024 * 1024;

type Module = Awaited<typeof ready>;

/**
 * Opens an HDF5 file. Only the parts that are asked for are read from the disk.
 * @throws UserError when it is missing, not a regular file, not HDF5, or truncated
 */
export async function openHdf5(path: string): Promise<Hdf5File> {
  checkFile(path);
  const module = await ready;
  const id = quietly(() => module.open(path, module.H5F_ACC_RDONLY, false, -1, -1), path);
  if (id < 0n) throw new UserError(`${path}: is a damaged HDF5 file`);
  const damaged = (name: string): UserError =>
    new UserError(`${path}: "${name}" cannot be read: the file is damaged`);

  const metadataOf = (name: string): Metadata | undefined =>
    quietly(() => {
      if (module.get_type(id, `/${name}`) !== module.H5G_DATASET) return undefined;
      return module.get_dataset_metadata(id, `/${name}`);
    }, path);

  const require = (name: string): Metadata => {
    const metadata = metadataOf(name);
    if (metadata === undefined) throw new UserError(`${path}: "${name}" is missing`);
    return metadata;
  };

  /** Reads all elements into `target`, whose elements are as wide as the file's. */
  const fill = (name: string, metadata: Metadata, target: Uint8Array): void => {
    const shape = metadata.shape ?? [];
    const rowBytes = target.length / Math.max(shape[0] ?? 1, 1);
    // Whole chunks at a time: a chunk that two pieces share would be decompressed twice.
    const chunkRows = metadata.chunks?.[0] ?? 1;
    const rows = Math.max(1, Math.floor(pieceBytes / Math.max(rowBytes, 1) / chunkRows)) * chunkRows;
    for (let row = 0; row < (shape[0] ?? 1) && target.length > 0; row += rows) {
      const count = Math.min(rows, (shape[0] ?? 1) - row);
      const bytes = count * rowBytes;
      const pointer = module._malloc(bytes);
      if (pointer === 0) throw new UserError(`${path}: "${name}" does not fit into memory`);
      try {
        const selection = shape.length === 0 ? null : [BigInt(count), ...shape.slice(1).map(BigInt)];
        const offset = shape.length === 0 ? null : [BigInt(row), ...shape.slice(1).map(() => 0n)];
        const strides = shape.length === 0 ? null : shape.map(() => 1n);
        const status = quietly(
          () => module.get_dataset_data(id, `/${name}`, selection, offset, strides, BigInt(pointer)),
          path,
        );
        if (status < 0) throw damaged(name);
        // The heap's view changes when it grows, so it is taken afresh for every piece.
        target.set(module.HEAPU8.subarray(pointer, pointer + bytes), row * rowBytes);
      } finally {
        module._free(pointer);
      }
    }
  };

  const allocate = <T>(name: string, create: () => T): T => {
    try {
      return create();
    } catch {
      throw new UserError(`${path}: "${name}" does not fit into memory`);
    }
  };

  return {
    path,
    datasets(group) {
      return quietly(() => {
        const names: string[] = [];
        const visit = (name: string): void => {
          const type = module.get_type(id, `/${name}`);
          if (type === module.H5G_DATASET) names.push(name);
          if (type !== module.H5G_GROUP) return;
          for (const child of module.get_names(id, `/${name}`, false)) visit(`${name}/${child}`);
        };
        visit(group);
        return names;
      }, path);
    },
    facts(name) {
      const metadata = metadataOf(name);
      return metadata && { type: typeName(module, metadata), shape: metadata.shape ?? [] };
    },
    readFloats(name) {
      const metadata = require(name);
      const type = typeName(module, metadata);
      if (type !== "float32" && type !== "float64") {
        throw new UserError(`${path}: "${name}" is ${type}, expected float32 or float64`);
      }
      const kind = type === "float32" ? Float32Array : Float64Array;
      const values = allocate(name, () => new kind(metadata.total_size));
      fill(name, metadata, new Uint8Array(values.buffer));
      return values;
    },
    readFlags(name) {
      const metadata = require(name);
      const type = typeName(module, metadata);
      if (type !== "bool" && type !== "int8" && type !== "uint8") {
        throw new UserError(`${path}: "${name}" is ${type}, expected bool`);
      }
      const values = allocate(name, () => new Uint8Array(metadata.total_size));
      fill(name, metadata, values);
      const row = values.findIndex((value) => value > 1);
      if (row >= 0)
        throw new UserError(`${path}: "${name}" is ${values[row]} at row ${row}, expected 0 or 1`);
      return values;
    },
    readScalar(name) {
      const metadata = require(name);
      if (metadata.shape === null || metadata.total_size !== 1) return undefined;
      const bytes = new Uint8Array(metadata.size);
      if (metadata.vlen) return quietly(() => readText(module, id, name, metadata), path);
      fill(name, metadata, bytes);
      return decodeScalar(bytes, typeName(module, metadata));
    },
    close() {
      quietly(() => module.close_file(id), path);
    },
  };
}

/**
 * Runs the HDF5 library with its standard error silenced: for every failure it prints a stack of its own, which the
 * caller's one line replaces. HDF5 writes to descriptor 2, Emscripten's runtime to Node's stream.
 *
 * @throws UserError when the library itself fails, as it can on damaged files
 */
function quietly<T>(use: () => T, path: string): T {
  const stream = (FS as unknown as { getStream(descriptor: number): { nfd: number } }).getStream(2);
  const descriptor = stream.nfd;
  const write = Object.getOwnPropertyDescriptor(process.stderr, "write");
  const sink = openSync(devNull, "w");
  stream.nfd = sink;
  Object.defineProperty(process.stderr, "write", { value: () => true, configurable: true });
  try {
    return use();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: cannot be read: the file is damaged`);
  } finally {
    stream.nfd = descriptor;
    if (write === undefined) Reflect.deleteProperty(process.stderr, "write");
    else Object.defineProperty(process.stderr, "write", write);
    closeSync(sink);
  }
}

/** The type's name as NumPy has it, from HDF5's class and size. */
function typeName(module: Module, metadata: Metadata): string {
  const { type, size, signed } = metadata;
  const classes = module.H5T_class_t;
  if (type === classes.H5T_FLOAT.value) return `float${8 * size}`;
  if (type === classes.H5T_INTEGER.value) return `${signed ? "int" : "uint"}${8 * size}`;
  if (type === classes.H5T_STRING.value) return "string";
  // What h5py writes for NumPy's bool.
  if (type === classes.H5T_ENUM.value) {
    const members = metadata.enum_type?.members;
    return size === 1 && members?.FALSE === 0 && members.TRUE === 1 ? "bool" : "an enumeration";
  }
  return "of another type";
}

function decodeScalar(bytes: Uint8Array, type: string): number | string | undefined {
  const view = new DataView(bytes.buffer);
  switch (type) {
    case "float32":
      return view.getFloat32(0, true);
    case "float64":
      return view.getFloat64(0, true);
    case "int8":
    case "bool":
      return view.getInt8(0);
    case "uint8":
      return view.getUint8(0);
    case "int16":
      return view.getInt16(0, true);
    case "uint16":
      return view.getUint16(0, true);
    case "int32":
      return view.getInt32(0, true);
    case "uint32":
      return view.getUint32(0, true);
    case "int64":
      return Number(view.getBigInt64(0, true));
    case "uint64":
      return Number(view.getBigUint64(0, true));
    case "string": {
      const end = bytes.indexOf(0);
      return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
    }
    default:
      return undefined;
  }
}

/** A string of variable length: HDF5 hands out a pointer to memory that it wants back. */
function readText(module: Module, id: bigint, name: string, metadata: Metadata): string | undefined {
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
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Finds out without the library what most often is wrong, to say it better than "damaged". */
function checkFile(path: string): void {
  let descriptor: number | undefined;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new UserError(`${path}: is not a regular file`);
    if (stat.size === 0) throw new UserError(`${path}: is empty, expected an HDF5 file`);
    descriptor = openSync(path, "r");
    const start = new Uint8Array(64);
    readSync(descriptor, start, 0, start.length, 0);
    // HDF5 allows a block of other content before the signature; nobody in the field uses it.
    if (!signature.every((byte, index) => start[index] === byte))
      throw new UserError(`${path}: is not an HDF5 file`);
    const expected = declaredSize(start);
    if (expected !== undefined && BigInt(stat.size) < expected) {
      throw new UserError(`${path}: is truncated: ${stat.size} of ${expected} bytes`);
    }
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The file's length as its superblock states it, for the usual 8-byte offsets. */
function declaredSize(start: Uint8Array): bigint | undefined {
  const view = new DataView(start.buffer);
  const version = start[8];
  if (version <= 1 && start[13] === 8) return view.getBigUint64(version === 0 ? 40 : 44, true);
  if ((version === 2 || version === 3) && start[9] === 8) return view.getBigUint64(28, true);
  return undefined;
}
