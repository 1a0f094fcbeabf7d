import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../src/errors.ts";
import { readRun } from "../src/runs/index.ts";

/** The file in a run directory that holds the policy as of its latest checkpoint. */
export const policyFile = "policy.safetensors";
/** The same for the learned reward, where there is one. */
export const rewardFile = "reward.safetensors";
/** The same for the networks of a SAC run, critics included, that another run can go on from. */
export const networksFile = "networks.safetensors";
/** The same for the world model. */
export const modelFile = "model.safetensors";

/**
 * The path of such a file in a run.
 * @throws UserError when the directory is no run, has no checkpoint yet, or none with that file
 */
export function runFile(directory: string, name: string): string {
  const run = readRun(directory);
  const file = join(directory, name);
  if (existsSync(file)) return file;
  if (run.latestCheckpoint() === undefined) throw new UserError(`${run.directory}: the run has no checkpoint yet`);
  throw new UserError(`${run.directory}: the run has no ${name}`);
}
