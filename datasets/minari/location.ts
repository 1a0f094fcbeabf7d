import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { fileError } from "../../src/runs/atomic-file.ts";

export const dataFile = "main_data.hdf5";
export const metadataFile = "metadata.json";

/** Where the two files of a Minari dataset lie. */
export interface MinariLocation {
  readonly data: string;
  readonly metadata: string;
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Finds the files of a Minari dataset.
 * @param path the dataset's folder `<name>-v0`, the folder `data` in it, or either file in that
 * @throws UserError when one of the two is missing
 */
export function locateMinari(path: string): MinariLocation {
  try {
    const isFolder = statSync(path).isDirectory();
    const inner = join(path, "data");
    const folder = isFolder ? (exists(inner) ? inner : path) : dirname(path);
    // A data file may go by another name; its metadata may not.
    const data = isFolder || basename(path) === metadataFile ? join(folder, dataFile) : path;
    const metadata = join(folder, metadataFile);
    if (!exists(metadata) && !exists(data))
      throw new UserError(
        `${path}: holds no dataset, expected ${dataFile} and ${metadataFile} in a folder data`,
      );
    for (const file of [metadata, data]) {
      if (exists(file)) continue;
      const other = file === data ? metadata : data;
      throw new UserError(`${file}: is missing, beside it lies ${basename(other)}`);
    }
    return { data, metadata };
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
}
