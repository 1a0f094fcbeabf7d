import { closeSync, openSync, readSync, statSync } from "node:fs";
import { UserError } from "../../src/errors.ts";
import { fileError } from "../../src/runs/atomic-file.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Finds out without the library what most often is wrong, to say it better than "damaged".
 * @throws UserError when the path is missing, not a regular file, not HDF5, or truncated
 */
export function checkFile(path: string): void {
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
