import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { UserError } from "../errors.ts";
import { bytesOf, fileError, writeFileAtomically } from "./atomic-file.ts";
import type { NumericArray } from "./snapshot.ts";

/** Row-major values and their shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: NumericArray;
}

export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type Dtype = "F32" | "F64" | "I32" | "U32" | "U8";

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/** The format's own limit, against files that only pretend to be safetensors. */
const maximumHeaderBytes = 100_000_000;

const metadataKey = "__metadata__";

function dtypeOf(values: NumericArray): Dtype {
  if (values instanceof Float32Array) return "F32";
  if (values instanceof Float64Array) return "F64";
  if (values instanceof Int32Array) return "I32";
  if (values instanceof Uint32Array) return "U32";
  return "U8";
}

const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * Writes a safetensors file atomically, straight from the arrays' own memory.
 *
 * @param tensors by name; `shape` must hold as many elements as `values`
 * @throws UserError when the file cannot be written; the older file is then untouched
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  // Widest elements first: every tensor is then aligned, so that other readers can map the file.
  const ordered = Object.entries(tensors).sort(
    ([, a], [, b]) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT,
  );
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set(metadataKey, metadata);
  let offset = 0;
  for (const [name, { shape, values }] of ordered) {
    if (name === metadataKey) throw new Error(`a tensor cannot be named ${metadataKey}`);
    if (elementCount(shape) !== values.length) {
      throw new Error(
        `tensor "${name}" has ${values.length} values, its shape [${shape.join(", ")}] ${elementCount(shape)}`,
      );
    }
    const end = offset + values.byteLength;
    header.set(name, { dtype: dtypeOf(values), shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), "utf8");
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  json.copy(padded, 8);
  writeFileAtomically(path, (sink) => {
    sink.append(padded);
    for (const [, { values }] of ordered) sink.append(values);
  });
}

/**
 * Reads a safetensors file of F32, F64, I32, U32 and U8 tensors, each into an array of its own.
 *
 * @throws UserError when the file is missing, truncated, not safetensors, or holds another type
 */
export function loadSafetensors(path: string): SafetensorsFile {
  let descriptor: number | undefined;
  try {
    const opened = (descriptor = openSync(path, "r"));
    const stat = fstatSync(opened);
    if (!stat.isFile()) throw new UserError(`${path}: is not a regular file`);
    const { headerBytes, entries, metadata } = readHeader(path, opened, stat.size);
    const tensors = entries.map(({ name, dtype, shape, begin }): [string, Tensor] => {
      const values = new arrays[dtype](elementCount(shape));
      readFully(path, opened, bytesOf(values), 8 + headerBytes + begin);
      return [name, { shape, values }];
    });
    return { tensors: Object.fromEntries(tensors), metadata };
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${path}: does not fit into memory`);
    throw fileError(path, "cannot be read", error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readFully(path: string, descriptor: number, target: Uint8Array, position: number): void {
  let offset = 0;
  while (offset < target.length) {
    const length = Math.min(target.length - offset, 1 << 30);
    const count = readSync(descriptor, target, offset, length, position + offset);
    if (count === 0) throw new UserError(`${path}: is truncated`);
    offset += count;
  }
}

function readHeader(
  path: string,
  descriptor: number,
  fileBytes: number,
): { headerBytes: number; entries: Entry[]; metadata: Record<string, string> } {
  if (fileBytes < 8)
    throw new UserError(`${path}: is not a safetensors file: ${fileBytes} bytes, at least 8 expected`);
  const start = Buffer.alloc(8);
  readFully(path, descriptor, start, 0);
  const declared = start.readBigUInt64LE(0);
  if (declared > BigInt(maximumHeaderBytes)) {
    throw new UserError(`${path}: is not a safetensors file: it declares a header of ${declared} bytes`);
  }
  const headerBytes = Number(declared);
  if (8 + headerBytes > fileBytes) {
    throw new UserError(
      `${path}: is truncated: ${fileBytes} bytes, the header alone needs ${8 + headerBytes}`,
    );
  }
  const text = Buffer.alloc(headerBytes);
  readFully(path, descriptor, text, 8);
  let header: unknown;
  try {
    header = JSON.parse(text.toString("utf8"));
  } catch {
    throw new UserError(`${path}: is not a safetensors file: its header is not JSON`);
  }
  if (!isRecord(header))
    throw new UserError(`${path}: is not a safetensors file: its header is not an object`);
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, entry]) => parseEntry(path, name, entry));
  checkLayout(path, entries, fileBytes - 8 - headerBytes);
  return { headerBytes, entries, metadata: parseMetadata(path, header[metadataKey]) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);

function parseEntry(path: string, name: string, entry: unknown): Entry {
  if (!isRecord(entry)) throw new UserError(`${path}: the header's entry "${name}" is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(arrays, dtype)) {
    throw new UserError(
      `${path}: "${name}" has type ${String(dtype)}, expected one of ${Object.keys(arrays).join(", ")}`,
    );
  }
  if (!isSizes(shape)) throw new UserError(`${path}: "${name}" has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw new UserError(`${path}: "${name}" has no valid data offsets`);
  const [begin, end] = offsets;
  const expected = elementCount(shape) * arrays[dtype as Dtype].BYTES_PER_ELEMENT;
  if (end - begin !== expected) {
    throw new UserError(
      `${path}: "${name}" spans ${end - begin} bytes, shape [${shape.join(", ")}] of ${dtype} needs ${expected}`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** The tensors must fill the data without holes or overlaps. */
function checkLayout(path: string, entries: readonly Entry[], dataBytes: number): void {
  let previous: Entry | undefined;
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin < end) throw new UserError(`${path}: "${entry.name}" overlaps "${previous?.name}"`);
    if (entry.begin > end)
      throw new UserError(`${path}: ${entry.begin - end} unused bytes before "${entry.name}"`);
    end = entry.end;
    previous = entry;
  }
  if (end > dataBytes)
    throw new UserError(`${path}: is truncated: ${dataBytes} bytes of data, its header declares ${end}`);
  if (end < dataBytes)
    throw new UserError(`${path}: ${dataBytes - end} unexpected bytes after the last tensor`);
}

function parseMetadata(path: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata)) throw new UserError(`${path}: the header's metadata is not an object`);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string")
      throw new UserError(`${path}: the header's metadata "${key}" is not a string`);
  }
  return metadata as Record<string, string>;
}
