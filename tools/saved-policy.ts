import { basename, resolve } from "node:path";
import { loadPolicy } from "../agents/index.ts";
import type { Policy } from "../agents/policy.ts";
import type { Exportable } from "../agents/trainer.ts";
import { UsageError } from "./errors.ts";
import { isDirectory } from "./files.ts";
import { policyFile, runFile } from "./run-files.ts";
import { readTrainer } from "./run-session.ts";

export interface SavedPolicy {
  readonly policy: Policy & Exportable;
  readonly environmentId: string;
  /** The name to record with results: the run's folder or the file, without the path that leads there. */
  readonly label: string;
}

/**
 * The policy of a run directory (as of its latest checkpoint) or of an exported file.
 * @throws UserError when neither is at `path`
 */
export function openPolicy(path: string): SavedPolicy {
  const policy = loadPolicy(isDirectory(path) ? runFile(path, policyFile) : path);
  return { policy, environmentId: policy.architecture.environment, label: basename(resolve(path)) };
}

/**
 * The policy or the learned reward of a run.
 * @throws UserError when the run has none
 */
export async function openExportable(
  path: string,
  kind: Exportable["kind"],
): Promise<{ exportable: Exportable; close: () => void }> {
  if (kind === "policy") return { exportable: openPolicy(path).policy, close: () => undefined };
  const trainer = await readTrainer(path);
  if (trainer.reward) return { exportable: trainer.reward, close: () => trainer.close() };
  trainer.close();
  throw new UsageError(`${path}: this agent learns no reward; leave --reward out`);
}
