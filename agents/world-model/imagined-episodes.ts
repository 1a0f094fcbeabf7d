import { terminationOf } from "../../envs/index.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Random } from "../../src/random/index.ts";
import type { Policy } from "../policy.ts";
import { modelStep, type WorldModel } from "./model.ts";
import { outOfRange } from "./world.ts";

/** r(s, a) of one step. */
export type StepReward = (observation: ArrayLike<number>, action: ArrayLike<number>) => number;

export interface ImaginedEpisodesOptions {
  readonly model: WorldModel;
  /** Acts by its mean action. */
  readonly policy: Policy;
  /** What steps are paid; absent, the reward that the model predicts. */
  readonly reward?: StepReward;
  /** [N, O]: the states that the N episodes begin in. */
  readonly starts: Float32Array;
  /** Steps of the longest episode. */
  readonly horizon: number;
  /** Whether next states are drawn from the Gaussians, or are their means. */
  readonly noise: boolean;
  readonly random: Random;
  readonly executor?: Executor;
}

export interface ImaginedEpisode {
  /** Undiscounted sum of what the steps were paid. */
  readonly return: number;
  readonly length: number;
}

/**
 * Whole episodes of a policy in the model, each step by a random elite, without any penalty: what the model promises. They end
 * where the robot's task would, after `horizon` steps, or where they leave the model's data.
 * @throws RangeError without a reward, for a model that predicts none
 */
export async function imaginedEpisodes(options: ImaginedEpisodesOptions): Promise<ImaginedEpisode[]> {
  const { model, policy, reward: pays, starts, horizon, noise, random, executor } = options;
  const { environment, observationSize, actionSize, rewards } = model.architecture;
  if (pays === undefined && !rewards) throw new RangeError("the model predicts no rewards: expected a reward");
  const count = starts.length / observationSize;
  const step = await modelStep(model, { size: count, executor });
  try {
    const terminated = terminationOf(environment);
    const gone = outOfRange(model);
    const returns = new Float64Array(count);
    const lengths = new Int32Array(count);
    const over = new Uint8Array(count);
    const chosen = new Int32Array(count);
    const action = new Float64Array(actionSize);
    step.observation.set(starts);
    step.noise.fill(0);
    for (let t = 0; t < horizon && over.includes(0); t++) {
      if (noise) random.fillNormal(step.noise);
      random.fillIntegers(chosen, model.elites.length);
      step.choose(chosen);
      for (let i = 0; i < count; i++) {
        if (over[i] === 1) continue;
        const observation = step.observation.subarray(i * observationSize, (i + 1) * observationSize);
        policy.act(observation, "mean", random, action);
        step.action.set(action, i * actionSize);
        if (pays !== undefined) returns[i] += pays(observation, action);
        lengths[i] = t + 1;
      }
      const { nextObservation, reward } = await step.run();
      for (let i = 0; i < count; i++) {
        // one that has ended stands still: its numbers are no longer looked at
        if (over[i] === 1) continue;
        if (pays === undefined) returns[i] += reward[i];
        if (terminated(nextObservation, i) || gone(nextObservation, i)) over[i] = 1;
        else step.observation.set(nextObservation.subarray(i * observationSize, (i + 1) * observationSize), i * observationSize);
      }
    }
    return Array.from(returns, (sum, i) => ({ return: sum, length: lengths[i] }));
  } finally {
    await step.dispose();
  }
}
