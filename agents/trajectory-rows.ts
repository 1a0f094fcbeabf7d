import type { Experience } from "./replay.ts";
import type { TrajectoryRows } from "./reward-learner.ts";

/**
 * What the steps after a termination are for the reward:
 * `stop`: nothing, the trajectory is shorter; `continue`: the simulation goes on to the horizon and its states count;
 * `absorbing`: the agent stays in an absorbing state whose reward is learned.
 */
export type AfterTermination = "stop" | "continue" | "absorbing";

/** How the steps of a trajectory enter h(θ;τ). */
export interface Weighting {
  /** discount of h(θ;τ); 1 for the undiscounted sum */
  readonly gamma: number;
  /** steps of a trajectory that does not end early */
  readonly horizon: number;
  readonly afterTermination: AfterTermination;
}

export interface EpisodeColumns {
  readonly length: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly terminated: boolean;
}

/** Σₜ₌ₐᵇ⁻¹ γᵗ */
export const discountedSteps = (gamma: number, from: number, to: number): number =>
  gamma === 1 ? to - from : (gamma ** from - gamma ** to) / (1 - gamma);

/** The rows of whole trajectories, weighted γᵗ/n. */
export function trajectoryRows(
  episodes: readonly EpisodeColumns[],
  { gamma, horizon, afterTermination }: Weighting,
): TrajectoryRows {
  const rows = episodes.reduce((total, { length }) => total + length, 0);
  const [first] = episodes;
  const observations = new Float32Array((rows * first.observations.length) / first.length);
  const actions = new Float32Array((rows * first.actions.length) / first.length);
  const weights = new Float32Array(rows);
  let absorbingWeight = 0;
  let row = 0;
  for (const episode of episodes) {
    observations.set(episode.observations, (row * first.observations.length) / first.length);
    actions.set(episode.actions, (row * first.actions.length) / first.length);
    for (let t = 0; t < episode.length; t++) weights[row++] = gamma ** t / episodes.length;
    if (afterTermination === "absorbing" && episode.terminated) {
      absorbingWeight += discountedSteps(gamma, episode.length, horizon) / episodes.length;
    }
  }
  return { observations, actions, weights, absorbingWeight };
}

/**
 * Recent transitions of the agent's own experience as if they were whole trajectories: the weights of the steps, with
 * those spent in the absorbing state, add up to the Σₜ γᵗ of one trajectory.
 */
export function experienceRows(
  { observations, actions, times, endings }: Experience,
  { gamma, horizon, afterTermination }: Weighting,
): TrajectoryRows {
  const weights = times.map((t) => gamma ** t);
  const absorbed = afterTermination === "absorbing" ? endings.map((length) => discountedSteps(gamma, length, horizon)) : [];
  const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
  const absorbingTotal = sum(absorbed);
  const scale = discountedSteps(gamma, 0, horizon) / (sum(weights) + absorbingTotal);
  return { observations, actions, weights: weights.map((w) => w * scale), absorbingWeight: absorbingTotal * scale };
}
