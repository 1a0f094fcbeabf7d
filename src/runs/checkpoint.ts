import { crc32 } from "node:zlib";
import { UserError } from "../errors.ts";
import { bytesOf } from "./atomic-file.ts";
import { encodeJson } from "./json.ts";
import { loadSafetensors, saveSafetensors } from "./safetensors.ts";
import type { Json, NumericArray, Snapshot } from "./snapshot.ts";

const format = "motive-checkpoint";
const version = "1";

/**
 * Writes a snapshot as one safetensors file, atomically: the arrays as one-dimensional tensors, the plain values as
 * JSON in the file's metadata, with a CRC-32 of each array. Arrays are written from their own memory, not copied.
 *
 * @throws UserError when the file cannot be written (the older file is then untouched)
 * @throws Error naming the key when a value is not finite or not JSON; nothing is written then
 */
export function writeCheckpoint(path: string, snapshot: Snapshot): void {
  const arrays = Object.entries(snapshot.arrays);
  const checksums = Object.fromEntries(arrays.map(([name, values]) => [name, crc32(bytesOf(values))]));
  const tensors = Object.fromEntries(
    arrays.map(([name, values]) => [name, { shape: [values.length], values }]),
  );
  saveSafetensors(path, tensors, {
    format,
    version,
    values: encodeJson(snapshot.values, ""),
    crc32: JSON.stringify(checksums),
  });
}

/**
 * Reads what {@link writeCheckpoint} wrote; every array is a new one.
 * @throws UserError when the file is missing, truncated, damaged, not a checkpoint or of another version
 */
export function readCheckpoint(path: string): Snapshot {
  const { tensors, metadata } = loadSafetensors(path);
  if (metadata.format !== format) throw new UserError(`${path}: is a safetensors file, but not a checkpoint`);
  if (metadata.version !== version) {
    throw new UserError(
      `${path}: is a checkpoint of format ${metadata.version}, this version reads ${version}`,
    );
  }
  const checksums = parseObject(path, "crc32", metadata.crc32);
  const arrays: [string, NumericArray][] = [];
  for (const [name, { values }] of Object.entries(tensors)) {
    if (checksums[name] !== crc32(bytesOf(values)))
      throw new UserError(`${path}: is damaged: wrong checksum of "${name}"`);
    arrays.push([name, values]);
  }
  const missing = Object.keys(checksums).find((name) => !Object.hasOwn(tensors, name));
  if (missing !== undefined) throw new UserError(`${path}: is damaged: "${missing}" is missing`);
  return { arrays: Object.fromEntries(arrays), values: parseObject(path, "values", metadata.values) };
}

function parseObject(path: string, name: string, text: string | undefined): Record<string, Json> {
  try {
    const value = JSON.parse(text ?? "") as Json;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, Json>;
  } catch {
    // Reported below.
  }
  throw new UserError(`${path}: is damaged: its ${name} are not a JSON object`);
}
