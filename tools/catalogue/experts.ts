import { evaluatePolicy } from "../../agents/rollout.ts";
import type { ActionMode } from "../../agents/policy.ts";
import { policyOf, stepsOf } from "../../agents/sac/checkpoint.ts";
import { make } from "../../envs/index.ts";
import { readRun } from "../../src/runs/index.ts";
import { formatCount } from "../progress.ts";
import { readSacCheckpoint } from "../run-session.ts";

/** Episodes of each measurement. */
const episodes = 20;

/**
 * A row of the policies' table for a SAC run, finished or not: file, agent, command, environment steps, seconds of
 * training, and the returns of 20 episodes with mean and with sampled actions.
 *
 * @param checkpoint a kept checkpoint of the run; by default its latest
 * @throws UserError when the run is of another agent or has no checkpoint
 */
export async function policyRow(directory: string, checkpoint?: string): Promise<string> {
  const { facts, file, snapshot } = readSacCheckpoint(directory, checkpoint);
  const steps = stepsOf(snapshot, file);
  const records = readRun(directory).metrics();
  const seconds = records.filter((record) => record.environmentSteps <= steps).at(-1)?.wallSeconds;
  const environment = await make(facts.environment);
  try {
    const policy = policyOf(snapshot, environment, facts.config, file);
    const measure = async (mode: ActionMode): Promise<string> => {
      const { mean, std } = await evaluatePolicy(environment, policy, { episodes, seed: 0, mode });
      return `${mean.toFixed(1)} ± ${std.toFixed(1)}`;
    };
    const level = checkpoint === undefined ? "expert" : "medium";
    const cells = [
      `\`${facts.environment.toLowerCase()}-${level}.safetensors\``,
      `SAC, ${policy.architecture.hidden.join("-")}`,
      `\`npx ${facts.command}\``,
      formatCount(steps),
      seconds === undefined ? "" : formatCount(seconds),
      await measure("mean"),
      await measure("sample"),
    ];
    return `| ${cells.join(" | ")} |`;
  } finally {
    environment.close();
  }
}
