import type { Environment, EnvironmentState } from "../../envs/index.ts";
import type { Random } from "../../src/random/index.ts";
import type { Policy } from "../policy.ts";

/** A state of an environment, and how it looks. */
export interface SeenState {
  readonly state: EnvironmentState;
  readonly observation: Float64Array;
}

export interface SeenTransition {
  readonly state: SeenState;
  readonly action: Float64Array;
  readonly next: SeenState;
}

/** Steps by which a reward is judged, with what both rewards say of each. */
export interface JudgedSteps {
  /** Where they come from: `expert`, `own`, `random` or `dataset`. */
  readonly source: string;
  /** [steps]: the learned reward and the environment's own */
  readonly learned: Float64Array;
  readonly rewarded: Float64Array;
  /** Sums over each trajectory. */
  readonly trajectories: readonly { readonly steps: number; readonly learned: number; readonly rewarded: number }[];
}

/** Gathers the steps of one source, trajectory by trajectory. */
export function judgedSteps(source: string) {
  const learned: number[] = [];
  const rewarded: number[] = [];
  const trajectories: { steps: number; learned: number; rewarded: number }[] = [];
  return {
    begin: () => void trajectories.push({ steps: 0, learned: 0, rewarded: 0 }),
    step(says: number, pays: number) {
      learned.push(says);
      rewarded.push(pays);
      const current = trajectories[trajectories.length - 1];
      current.steps++;
      current.learned += says;
      current.rewarded += pays;
    },
    take: (): JudgedSteps => ({ source, learned: Float64Array.from(learned), rewarded: Float64Array.from(rewarded), trajectories }),
  };
}

/** Actions uniform over the action space. */
export const randomPolicy = ({ spec: { observationSize, actionSize }, actionSpace }: Environment): Policy => ({
  observationSize,
  actionSize,
  act: (_observation, _mode, random, action) => action.set(actionSpace.sample(random)),
});

export interface RolloutsOptions {
  readonly environment: Environment;
  readonly policy: Policy;
  readonly source: string;
  readonly episodes: number;
  /** Transitions to keep, drawn uniformly from all steps; fewer where there are fewer. */
  readonly kept: number;
  readonly random: Random;
  /** The learned reward of an observation and an action. */
  value(observation: ArrayLike<number>, action: ArrayLike<number>): number;
}

/**
 * Plays episodes in which a policy samples its actions, judges every step, and keeps some transitions with the complete state
 * before and after, from which the environment can be asked what other actions would have paid.
 */
export function judgeRollouts({ environment, policy, source, episodes, kept, random, value }: RolloutsOptions): { steps: JudgedSteps; transitions: SeenTransition[] } {
  const steps = judgedSteps(source);
  const transitions: SeenTransition[] = [];
  const keeping = random.split("kept");
  const action = new Float64Array(policy.actionSize);
  let seen = 0;
  for (let episode = 0; episode < episodes; episode++) {
    const stream = random.split(`episode ${episode}`);
    let { observation } = environment.reset({ seed: stream.integer(2 ** 31) });
    steps.begin();
    for (let over = false; !over; ) {
      policy.act(observation, "sample", stream, action);
      for (let j = 0; j < action.length; j++) action[j] = Math.fround(action[j]);
      // reservoir sampling: each of the steps so far is kept with the same probability
      const place = seen < kept ? seen : keeping.integer(seen + 1);
      const state = place < kept ? environment.save() : undefined;
      const step = environment.step(action);
      if (state !== undefined) {
        const next = { state: environment.save(), observation: step.observation };
        transitions[place] = { state: { state, observation }, action: action.slice(), next };
      }
      steps.step(value(observation, action), step.reward);
      seen++;
      over = step.terminated || step.truncated;
      observation = step.observation;
    }
  }
  return { steps: steps.take(), transitions };
}

