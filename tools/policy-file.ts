import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../src/errors.ts";
import { readRun } from "../src/runs/index.ts";
import { isDirectory } from "./files.ts";

/** The file in a run directory that holds the policy as of its latest checkpoint. */
export const policyFile = "policy.safetensors";
/** The same for the learned reward, where there is one. */
export const rewardFile = "reward.safetensors";

/**
 * The file of a policy: in a run directory the one of its latest checkpoint, else the path itself.
 * @throws UserError when the run has none yet
 */
export function policyFileOf(path: string): string {
  if (!isDirectory(path)) return path;
  const run = readRun(path);
  const file = join(path, policyFile);
  if (!existsSync(file)) throw new UserError(`${run.directory}: the run has no checkpoint yet`);
  return file;
}
