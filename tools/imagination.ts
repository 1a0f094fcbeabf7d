import { basename, resolve } from "node:path";
import { loadPolicy } from "../agents/index.ts";
import { loadLearnedReward } from "../agents/reward-network.ts";
import { rewardValue } from "../agents/reward-value.ts";
import { rollout } from "../agents/rollout.ts";
import { imaginedEpisodes, type StepReward } from "../agents/world-model/imagined-episodes.ts";
import { loadWorldModel } from "../agents/world-model/model.ts";
import { describeEnvironment, make, rewardWhereObserved, type Environment } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";
import { createRandom, type Random } from "../src/random/index.ts";
import { mean } from "../src/statistics/index.ts";
import { modelFile, runFile } from "./run-files.ts";
import { inputFile } from "./run-inputs.ts";
import { readHistory, type HistoryEntry } from "./run-history.ts";

/** Means over the episodes of one policy, by one reward. */
export interface Outcome {
  readonly return: number;
  readonly length: number;
}

/** A policy that a run kept on its way, in the run's world model and in MuJoCo, from the same initial states. */
export interface ImaginationPoint {
  readonly step: number;
  readonly imagined: Outcome;
  readonly physics: Outcome;
  /** Its return by the environment's own reward, in MuJoCo. */
  readonly trueReturn: number;
}

export interface RunImagination {
  readonly run: string;
  readonly environment: string;
  /**
   * Whose reward is summed: the one that the run had learned by then, or was given; the one that the model predicts and MuJoCo pays; or
   * what MuJoCo pays for the action in each state, imagined or not.
   */
  readonly reward: "learned" | "environment" | "true";
  readonly points: readonly ImaginationPoint[];
}

export interface ImaginationOptions {
  readonly episodes: number;
  /** Steps of the longest episode; absent, the environment's time limit. */
  readonly horizon?: number;
  /** Whether the model's next states are drawn, or are its means. */
  readonly noise: boolean;
  /** Sums what MuJoCo pays in place of the reward that the policies were trained for. */
  readonly trueReward: boolean;
  readonly seed: number;
}

const average = (outcomes: readonly Outcome[]): Outcome => ({
  return: mean(outcomes.map((one) => one.return)),
  length: mean(outcomes.map((one) => one.length)),
});

/** What a policy gets in MuJoCo by a reward, and by the environment's own. */
async function physical(environment: Environment, entry: HistoryEntry, seeds: readonly number[], horizon: number, reward: StepReward | undefined, random: Random) {
  const policy = loadPolicy(entry.policy);
  const { observationSize, actionSize } = environment.spec;
  const outcomes: Outcome[] = [];
  const trueReturns: number[] = [];
  for (const seed of seeds) {
    const { observations, actions, length, return: trueReturn } = await rollout(environment, policy, { mode: "mean", random, seed, horizon });
    const paid = (t: number): number =>
      reward?.(observations.subarray(t * observationSize, (t + 1) * observationSize), actions.subarray(t * actionSize, (t + 1) * actionSize)) ?? 0;
    const sum = Array.from({ length }, (_, t) => paid(t)).reduce((a, b) => a + b, 0);
    outcomes.push({ return: reward === undefined ? trueReturn : sum, length });
    trueReturns.push(trueReturn);
  }
  return { outcome: average(outcomes), trueReturn: mean(trueReturns) };
}

/**
 * Plays the policies that a run kept on its way in its world model and in MuJoCo. A policy that exploits the model is promised
 * more there than it gets here.
 * @throws UserError for a run without a world model, or that has kept no policies
 */
export async function runImagination(directory: string, { episodes, horizon: asked, noise, trueReward, seed }: ImaginationOptions): Promise<RunImagination> {
  const model = loadWorldModel(runFile(directory, modelFile));
  const history = readHistory(directory);
  if (history.length === 0) throw new UserError(`${directory}: the run has kept no policies yet`);
  const { environment: id, observationSize } = model.architecture;
  const environment = await make(id);
  try {
    const horizon = Math.min(asked ?? Infinity, environment.spec.maxEpisodeSteps);
    if (horizon === Infinity) throw new UserError(`${id} has no time limit: say with --steps how long episodes are`);
    const random = createRandom(seed);
    const seeds = Array.from({ length: episodes }, () => random.integer(2 ** 31));
    const starts = new Float32Array(episodes * observationSize);
    seeds.forEach((one, i) => starts.set(environment.reset({ seed: one }).observation, i * observationSize));
    const given = await inputFile(directory, "reward");
    const paid = trueReward ? rewardWhereObserved(environment, describeEnvironment(id)) : undefined;
    const points: ImaginationPoint[] = [];
    for (const entry of history) {
      const file = entry.reward ?? given;
      const trainedFor = file === undefined ? undefined : rewardValue(loadLearnedReward(file));
      const stream = random.split(`step ${entry.step}`);
      const imagined = await imaginedEpisodes({ model, policy: loadPolicy(entry.policy), reward: paid ?? trainedFor, starts, horizon, noise, random: stream });
      const { outcome, trueReturn } = await physical(environment, entry, seeds, horizon, trueReward ? undefined : trainedFor, stream);
      points.push({ step: entry.step, imagined: average(imagined), physics: outcome, trueReturn });
    }
    const learned = given !== undefined || history.some((entry) => entry.reward !== undefined);
    const reward = trueReward ? "true" : learned ? "learned" : "environment";
    return { run: basename(resolve(directory)), environment: id, reward, points };
  } finally {
    environment.close();
  }
}
