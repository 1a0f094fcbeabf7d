import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";
import { writeHdf5, type Hdf5Value } from "../../datasets/hdf5/writer.ts";
import { UserError } from "../../src/errors.ts";
import { temporaryDirectory } from "../runs/full-disk.ts";

/** 2000 steps of a random policy in D4RL's Hopper, written by h5py. */
export const hopperRandom = fileURLToPath(
  new URL("../fixtures/datasets/d4rl_hopper_random.hdf5", import.meta.url),
);

/** 20 episodes of a random policy in Gymnasium's Hopper-v5, written by Minari 0.5.3. */
export const hopperMinari = fileURLToPath(
  new URL("../fixtures/datasets/minari/mujoco/hopper/fixture-v0", import.meta.url),
);

/** A directory of its own for each test: returns a function that gives paths in it. */
export function useTemporaryFiles(): (name: string) => string {
  let directory = "";
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return (name) => join(directory, name);
}

/** The message of the UserError that a promise fails with; anything else fails the test. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof UserError && !error.message.includes("\n")) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

export const floats = (shape: number[], values: Float32Array | Float64Array): Hdf5Value => ({
  kind: "float",
  shape,
  values,
});
export const flags = (values: number[]): Hdf5Value => ({
  kind: "bool",
  shape: [values.length],
  values: Uint8Array.from(values),
});

/** Six steps of a robot with two observations and one action: an episode that terminates after three, one cut by time. */
export function smallDataset(): Record<string, Hdf5Value> {
  return {
    observations: floats(
      [6, 2],
      Float32Array.from({ length: 12 }, (_, index) => index),
    ),
    actions: floats([6, 1], Float32Array.of(0.5, -0.5, 0.25, 1, -1, 0)),
    rewards: floats([6], Float32Array.of(1, 2, 4, 8, 16, 32)),
    next_observations: floats(
      [6, 2],
      Float32Array.from({ length: 12 }, (_, index) => 100 + index),
    ),
    terminals: flags([0, 0, 1, 0, 0, 0]),
    timeouts: flags([0, 0, 0, 0, 0, 1]),
  };
}

/** Writes {@link smallDataset} with some datasets replaced, or left out where undefined. */
export function writeSmall(path: string, changes: Record<string, Hdf5Value | undefined> = {}): void {
  const entries = Object.entries({ ...smallDataset(), ...changes });
  writeHdf5(
    path,
    Object.fromEntries(entries.filter((entry): entry is [string, Hdf5Value] => entry[1] !== undefined)),
  );
}
