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

/** Arrays one after the other. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
}

/** The observations that episodes begin with, [episodes, O]. */
export const firstStates = (episodes: Iterable<EpisodeColumns>): Float32Array =>
  joined(Array.from(episodes, ({ length, observations }) => observations.subarray(0, observations.length / length)));

/** The first steps of a trajectory. */
function firstSteps({ length, observations, actions, terminated }: EpisodeColumns, count: number): EpisodeColumns {
  if (length <= count) return { length, observations, actions, terminated };
  return {
    length: count,
    observations: observations.subarray(0, (observations.length / length) * count),
    actions: actions.subarray(0, (actions.length / length) * count),
    terminated: false,
  };
}

/** Trajectories as parts of at most `horizon` steps, one after the other. */
function partsOf(trajectories: readonly EpisodeColumns[], horizon: number): Experience {
  const times = trajectories.flatMap(({ length }) => Array.from({ length }, (_, t) => t % horizon));
  let rows = 0;
  const endings = trajectories.flatMap(({ length, terminated }) => {
    rows += length;
    return terminated ? [{ row: rows - 1, length: ((length - 1) % horizon) + 1 }] : [];
  });
  return {
    observations: joined(trajectories.map(({ observations }) => observations)),
    actions: joined(trajectories.map(({ actions }) => actions)),
    times: Float32Array.from(times),
    endings,
  };
}

/** Both sets of rows with half their weights. */
function halfOfEach(a: TrajectoryRows, b: TrajectoryRows): TrajectoryRows {
  return {
    observations: joined([a.observations, b.observations]),
    actions: joined([a.actions, b.actions]),
    weights: joined([a.weights, b.weights]).map((weight) => weight / 2),
    absorbingWeight: (a.absorbingWeight + b.absorbingWeight) / 2,
  };
}

/**
 * The steps of long trajectories that shorter ones, of the weighting's horizon, are compared with: as many from the first on
 * where these begin at first states, all of them where they begin anywhere, or half of each.
 */
export function comparedRows(trajectories: readonly EpisodeColumns[], starts: "first" | "any" | "both", weighting: Weighting): TrajectoryRows {
  const { horizon } = weighting;
  const first = () => trajectoryRows(trajectories.map((one) => firstSteps(one, horizon)), weighting);
  const any = () => experienceRows(partsOf(trajectories, horizon), weighting);
  if (starts === "both") return halfOfEach(first(), any());
  return starts === "first" ? first() : any();
}
