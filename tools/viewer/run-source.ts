import { statSync } from "node:fs";
import { join } from "node:path";
import { loadPolicy } from "../../agents/index.ts";
import type { ActionMode } from "../../agents/policy.ts";
import { loadLearnedReward, type LearnedReward } from "../../agents/reward-network.ts";
import { isLocked } from "../../src/runs/index.ts";
import { createMetricsLog } from "../../src/viewer/metrics-log.ts";
import type { RunInfo } from "../../src/viewer/scene.ts";
import { formatCount } from "../progress.ts";
import { policyFile, rewardFile } from "../run-files.ts";
import { readHistory, type HistoryEntry } from "../run-history.ts";
import type { Judge } from "./judges.ts";
import { imaginationTrack, type ImaginationOptions } from "./imagination.ts";
import { tailMetrics } from "./metrics-tail.ts";
import { policyTrack, type Actor, type Checkpoint } from "./policy-track.ts";
import type { Simulator } from "./simulator.ts";
import type { Source } from "./source.ts";

/** When a file was written, 0 where there is none. */
const writtenAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

export interface RunSourceOptions {
  readonly id: string;
  readonly label: string;
  readonly directory: string;
  readonly agent: string;
  readonly simulator: Simulator;
  /** A reward to judge by instead of the run's own. */
  readonly reward?: LearnedReward;
  readonly imagination?: Pick<ImaginationOptions, "model" | "penalty">;
  readonly judges: readonly Judge[];
  readonly seed: number;
  readonly mode: ActionMode;
  /** Whether it is shown growing at first. */
  readonly live: boolean;
}

const stateWords: Readonly<Record<RunInfo["state"], string>> = {
  waiting: "no checkpoint yet",
  training: "in training",
  stopped: "stopped before its end",
  finished: "finished",
};

/**
 * A run, in training or finished, from nothing but its directory: the process that trains is not asked, and does not
 * notice.
 */
export function runSource(options: RunSourceOptions): Source {
  const { id, label, directory, agent, simulator, judges, seed, mode, live } = options;
  const file = (name: string): string => join(directory, name);
  const metrics = createMetricsLog(id);
  const tail = tailMetrics(file("metrics.jsonl"), metrics);
  let actor: Actor | undefined;
  let loaded = 0;
  let history = readHistory(directory);
  let state: RunInfo["state"] = "waiting";

  const stateOf = (): RunInfo["state"] => {
    if (writtenAt(file("result.json")) > 0) return "finished";
    if (!isLocked(directory)) return "stopped";
    return metrics.length > 0 || actor !== undefined ? "training" : "waiting";
  };
  const actorOf = (entry: HistoryEntry): Actor => {
    const reward = options.reward ?? (entry.reward === undefined ? undefined : loadLearnedReward(entry.reward));
    return { policy: loadPolicy(entry.policy), ...(reward && { reward }), label: `step ${formatCount(entry.step)}` };
  };
  const lastStep = (): string => {
    const last = metrics.part(metrics.length - 1, 1);
    const at = (name: string): number => last.values[last.names.indexOf(name)];
    const steps = at("steps") || at("environmentSteps");
    return Number.isFinite(steps) ? `step ${formatCount(steps)}` : "newest checkpoint";
  };
  const refreshPolicy = (): boolean => {
    const newest = history.at(-1);
    const checkpoint = writtenAt(file(policyFile));
    const kept = newest ? writtenAt(newest.policy) : 0;
    const written = Math.max(checkpoint, kept);
    if (written === 0 || written === loaded) return false;
    if (newest && kept >= checkpoint) actor = actorOf(newest);
    else {
      const reward = options.reward ?? (writtenAt(file(rewardFile)) > 0 ? loadLearnedReward(file(rewardFile)) : undefined);
      actor = { policy: loadPolicy(file(policyFile)), ...(reward && { reward }), label: lastStep() };
    }
    loaded = written;
    return true;
  };
  const checkpoints = (): Checkpoint[] =>
    history.map((entry) => ({
      id: `checkpoint-${entry.step}`,
      label: formatCount(entry.step),
      load: () => actorOf(entry),
    }));
  const current = (): Actor | undefined => actor;

  const main = policyTrack({
    id,
    label,
    about: () => `${agent}, ${stateWords[state]}${actor ? `, ${actor.label}` : ""}`,
    simulator,
    current,
    checkpoints,
    judges,
    seed,
    mode,
    live,
  });
  const imagined = options.imagination
    ? [imaginationTrack({ id: `${id}-imagined`, label: `${label}, imagined`, simulator, ...options.imagination, current, judges, seed, beside: id })]
    : [];

  return {
    tracks: [main, ...imagined],
    run: { info: () => ({ id, label, state }), metrics },
    refresh() {
      const grown = tail();
      const known = history.length;
      history = readHistory(directory);
      const renewed = refreshPolicy();
      const before = state;
      state = stateOf();
      return { scene: renewed || history.length !== known || state !== before, metrics: grown };
    },
    close() {
      for (const judge of judges) judge.close?.();
    },
  };
}
