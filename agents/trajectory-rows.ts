import type { Experience } from "./replay.ts";
import type { TrajectoryRows } from "./reward-learner.ts";

/**
 * What the steps after a termination are for the reward:
 * `stop`: nothing, the trajectory is shorter; `continue`: the simulation goes on to the horizon and its states count;
 * `absorbing`: the agent stays in an absorbing state whose reward is learned;
 * `level`: not compared. Steps before it are compared on average, and the reward's level, which this leaves open, is fixed.
 */
export type AfterTermination = "stop" | "continue" | "absorbing" | "level";

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
  return leveled({ observations, actions, weights, absorbingWeight }, { gamma, horizon, afterTermination });
}

/** With `level`, scales the weights to those of a whole trajectory: the reward is compared per step. */
function leveled(rows: TrajectoryRows, { gamma, horizon, afterTermination }: Weighting): TrajectoryRows {
  if (afterTermination !== "level") return rows;
  const scale = discountedSteps(gamma, 0, horizon) / rows.weights.reduce((a, b) => a + b, 0);
  return { ...rows, weights: rows.weights.map((weight) => weight * scale) };
}

/**
 * Recent transitions of the agent's own experience, weighted γᵗ/n like whole trajectories. n is the number of trajectories
 * that the rows amount to: one for each that terminated, or its part within the rows; the others count as parts of one of
 * full length. So an agent that falls early has a smaller sum than the expert, unless `level` asks for averages.
 */
export function experienceRows(
  { observations, actions, times, endings }: Experience,
  { gamma, horizon, afterTermination }: Weighting,
): TrajectoryRows {
  let rowsOfTerminated = 0;
  let trajectories = 0;
  let absorbing = 0;
  for (const { row, length } of endings) {
    const rows = Math.min(length, row + 1);
    rowsOfTerminated += rows;
    trajectories += rows / length;
    if (afterTermination === "absorbing") absorbing += (discountedSteps(gamma, length, horizon) * rows) / length;
  }
  trajectories += (times.length - rowsOfTerminated) / horizon;
  const weights = times.map((t) => gamma ** t / trajectories);
  const absorbingWeight = absorbing / trajectories;
  return leveled({ observations, actions, weights, absorbingWeight }, { gamma, horizon, afterTermination });
}
