import { statSync } from "node:fs";
import { basename } from "node:path";
import { fileError } from "../src/runs/atomic-file.ts";
import { openD4rl } from "./d4rl/index.ts";
import { readAll, type Dataset, type DatasetFormat, type DatasetOptions } from "./dataset.ts";
import { openHdf5 } from "./hdf5/reader.ts";
import { openMinari } from "./minari/index.ts";
import type { TransitionSet } from "./transition-set.ts";

/**
 * The format of what lies at a path, by content: a folder is a Minari dataset, so is an HDF5 file with a group
 * `episode_0`; any other HDF5 file is taken for one in D4RL's layout.
 *
 * @throws UserError when the path cannot be read or is no HDF5 file
 */
export async function detectFormat(path: string): Promise<DatasetFormat> {
  try {
    if (statSync(path).isDirectory() || basename(path) === "metadata.json") return "minari";
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
  const file = await openHdf5(path);
  try {
    return file.isGroup("episode_0") ? "minari" : "d4rl";
  } finally {
    file.close();
  }
}

/**
 * Opens a dataset of either format. The caller closes it.
 * @param path a file in D4RL's layout, a Minari dataset's folder, or the `main_data.hdf5` in it
 * @throws UserError when it is broken, or not what the options ask for
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const format = await detectFormat(path);
  return format === "minari" ? openMinari(path, options) : openD4rl(path, options);
}

/** Reads a whole dataset of either format, in single precision. @throws UserError as {@link openDataset} does */
export async function readDataset(path: string, options: DatasetOptions = {}): Promise<TransitionSet> {
  const dataset = await openDataset(path, options);
  try {
    return readAll(dataset);
  } finally {
    dataset.close();
  }
}
