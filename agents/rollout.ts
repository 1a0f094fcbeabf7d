import type { Environment } from "../envs/index.ts";
import { createRandom } from "../src/random/index.ts";
import type { Random } from "../src/random/index.ts";
import type { ActionMode, Policy } from "./policy.ts";

/**
 * What an episode does once the environment says `terminated` (for the robots: a fall). `stop` ends it there;
 * `continue` simulates on until the time limit, so that every trajectory has the same length.
 */
export type SimulationAfterTermination = "stop" | "continue";

export interface RolloutOptions {
  readonly mode: ActionMode;
  /** Draws the action noise (mode `sample`). */
  readonly random: Random;
  /** Seeds the initial state. Without it the environment continues its own stream of initial states. */
  readonly seed?: number;
  /** Ends the episode after so many steps at the latest; by default the environment's own time limit. */
  readonly horizon?: number;
  /** Default `stop`. */
  readonly afterTermination?: SimulationAfterTermination;
  /** Keep the physics state before every action; physics environments only. */
  readonly recordState?: boolean;
}

/** One episode, T = `length` steps, row-major. O and A are the sizes of observation and action. */
export interface Trajectory {
  readonly length: number;
  /** [T, O]: the observation that each action answered. */
  readonly observations: Float32Array;
  /** [T, A]: the actions as they were applied. */
  readonly actions: Float32Array;
  /** [T, O]: the observation after each action. */
  readonly nextObservations: Float32Array;
  /** [T]: the environment's own reward. */
  readonly rewards: Float32Array;
  /** The environment terminated; with `continue` this may have been before the last step. */
  readonly terminated: boolean;
  /** The episode ended at a time limit (the environment's or `horizon`) without having terminated. */
  readonly truncated: boolean;
  /** Steps up to and with the one that terminated; equals `length` unless the episode was continued. */
  readonly lengthUntilTermination: number;
  /** Sum of the environment's rewards over `lengthUntilTermination` steps, in float64. */
  readonly return: number;
  /** [T, nq] and [T, nv]: the physics state before each action, with `recordState`. */
  readonly qpos?: Float64Array;
  readonly qvel?: Float64Array;
}

/** Rows of fixed width whose number is not known beforehand. */
function growingRows(width: number, capacity: number) {
  let values = new Float32Array(width * capacity);
  let rows = 0;
  return {
    push(row: ArrayLike<number>) {
      if ((rows + 1) * width > values.length) {
        const larger = new Float32Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values.set(row, rows * width);
      rows++;
    },
    take: () => values.slice(0, rows * width),
  };
}

/**
 * Plays one episode of `policy` in `environment`, from a reset to the end that `options` names.
 *
 * Actions are rounded to float32 before they are applied: the recorded actions are exactly the applied ones, and
 * replaying them from the recorded state gives the recorded trajectory.
 */
export async function rollout(
  environment: Environment,
  policy: Policy,
  options: RolloutOptions,
): Promise<Trajectory> {
  const horizon = Math.min(options.horizon ?? Infinity, environment.spec.maxEpisodeSteps);
  if (horizon === Infinity && options.afterTermination === "continue") {
    throw new RangeError(
      `${environment.spec.id} has no time limit: continuing after termination needs a horizon`,
    );
  }
  const capacity = Math.min(horizon, 1024);
  const observations = growingRows(policy.observationSize, capacity);
  const nextObservations = growingRows(policy.observationSize, capacity);
  const actions = growingRows(policy.actionSize, capacity);
  const rewards = growingRows(1, capacity);
  const qpos: number[] = [];
  const qvel: number[] = [];
  const action = new Float64Array(policy.actionSize);

  let { observation } = environment.reset(options.seed === undefined ? undefined : { seed: options.seed });
  let length = 0;
  let lengthUntilTermination = 0;
  let total = 0;
  let terminated = false;
  let truncated = false;
  while (!truncated && !(terminated && options.afterTermination !== "continue")) {
    policy.act(observation, options.mode, options.random, action);
    for (let i = 0; i < action.length; i++) action[i] = Math.fround(action[i]);
    if (options.recordState) {
      qpos.push(...environment.qpos);
      qvel.push(...environment.qvel);
    }
    // Copied before the step, which may write its result into the same array.
    observations.push(observation);
    actions.push(action);
    const step = environment.step(action);
    nextObservations.push(step.observation);
    rewards.push([step.reward]);
    length++;
    if (!terminated) {
      total += step.reward;
      lengthUntilTermination = length;
    }
    terminated ||= step.terminated;
    truncated = step.truncated || length >= horizon;
    observation = step.observation;
  }
  return {
    length,
    observations: observations.take(),
    actions: actions.take(),
    nextObservations: nextObservations.take(),
    rewards: rewards.take(),
    terminated,
    truncated: truncated && !terminated,
    lengthUntilTermination,
    return: total,
    ...(options.recordState && { qpos: Float64Array.from(qpos), qvel: Float64Array.from(qvel) }),
  };
}

export interface EpisodesOptions extends Omit<RolloutOptions, "random" | "seed"> {
  readonly episodes: number;
  readonly seed: number;
}

/**
 * Plays `episodes` episodes one after the other. Each draws its initial state and its action noise from a stream of its
 * own, so episode i is the same however many are played.
 */
export async function* rolloutEpisodes(
  environment: Environment,
  policy: Policy,
  { episodes, seed, ...options }: EpisodesOptions,
): AsyncGenerator<Trajectory, void, undefined> {
  const root = createRandom(seed);
  for (let i = 0; i < episodes; i++) {
    const random = root.split(`episode ${i}`);
    yield await rollout(environment, policy, { ...options, seed: random.integer(2 ** 31), random });
  }
}

/** True returns of several episodes. */
export interface Evaluation {
  readonly episodes: number;
  readonly seed: number;
  readonly mode: ActionMode;
  readonly mean: number;
  /** Standard deviation over the episodes (division by n, as the field's tables do). */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly meanLength: number;
  /** Episodes that ended in a termination rather than at the time limit. */
  readonly terminations: number;
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
}

/** Measures a policy by the environment's own reward. */
export async function evaluatePolicy(
  environment: Environment,
  policy: Policy,
  options: { readonly episodes: number; readonly seed: number; readonly mode: ActionMode },
): Promise<Evaluation> {
  const returns: number[] = [];
  const lengths: number[] = [];
  let terminations = 0;
  for await (const trajectory of rolloutEpisodes(environment, policy, options)) {
    returns.push(trajectory.return);
    lengths.push(trajectory.length);
    if (trajectory.terminated) terminations++;
  }
  const average = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const mean = average(returns);
  return {
    ...options,
    mean,
    std: Math.sqrt(average(returns.map((value) => (value - mean) ** 2))),
    min: Math.min(...returns),
    max: Math.max(...returns),
    meanLength: average(lengths),
    terminations,
    returns,
    lengths,
  };
}
