import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Trainer } from "../agents/trainer.ts";
import { createDirectory } from "../src/runs/atomic-file.ts";
import { exportWeights } from "./exports.ts";

const folder = "history";
/** Checkpoints that are kept to look back at: enough for a slider, and of large networks some 30 MB. */
const mostKept = 32;

/** What a run's policy and reward were at a step. */
export interface HistoryEntry {
  readonly step: number;
  readonly policy: string;
  /** Of agents that learn a reward. */
  readonly reward?: string;
}

const fileOf = (directory: string, step: number, kind: "policy" | "reward"): string =>
  join(directory, folder, `step-${String(step).padStart(12, "0")}.${kind}.safetensors`);

/** The policies that a run has kept, oldest first. */
export function readHistory(directory: string): HistoryEntry[] {
  const path = join(directory, folder);
  if (!existsSync(path)) return [];
  const steps = readdirSync(path).flatMap((name) => /^step-(\d+)\.policy\.safetensors$/.exec(name)?.[1] ?? []);
  return steps
    .map(Number)
    .sort((a, b) => a - b)
    .map((step) => {
      const reward = fileOf(directory, step, "reward");
      return { step, policy: fileOf(directory, step, "policy"), ...(existsSync(reward) && { reward }) };
    });
}

function remove(directory: string, steps: readonly number[]): void {
  for (const step of steps) {
    for (const kind of ["policy", "reward"] as const) rmSync(fileOf(directory, step, kind), { force: true });
  }
}

/**
 * Keeps policy and reward as of a step, for those who want to see how a run came about. When they are too many, the one
 * goes whose neighbours are closest; the first and the last stay.
 */
export function keepHistory(directory: string, { policy, reward, steps }: Pick<Trainer, "policy" | "reward" | "steps">): void {
  if (policy === undefined) return;
  createDirectory(join(directory, folder));
  if (reward) exportWeights(reward, fileOf(directory, steps, "reward"));
  // the policy is last: an entry is there when its policy is
  exportWeights(policy, fileOf(directory, steps, "policy"));
  const kept = readHistory(directory).map(({ step }) => step);
  if (kept.length <= mostKept) return;
  const gaps = kept.map((_, i) => (i === 0 || i === kept.length - 1 ? Infinity : kept[i + 1] - kept[i - 1]));
  remove(directory, [kept[gaps.indexOf(Math.min(...gaps))]]);
}

/** Forgets what came after a step, when a run is set back to it. */
export function trimHistory(directory: string, step: number): void {
  remove(directory, readHistory(directory).map((entry) => entry.step).filter((kept) => kept > step));
}
