import { UserError } from "../src/errors.ts";
import { readD4rl } from "./d4rl.ts";
import { episodeReturns } from "./transition-set.ts";

/** One episode of an expert, T = `length` steps, row-major. */
export interface DemonstrationTrajectory {
  readonly length: number;
  /** [T, O] */
  readonly observations: Float32Array;
  /** [T, A] */
  readonly actions: Float32Array;
  /** [T, O] */
  readonly nextObservations: Float32Array;
  /** [T]: the environment's own rewards; for reports only, no algorithm learns from them. */
  readonly rewards: Float32Array;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

export interface Demonstrations {
  readonly environment: string;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly trajectories: readonly DemonstrationTrajectory[];
  /** [trajectories]: undiscounted return of each under the environment's own reward. */
  readonly returns: Float64Array;
}

/** What demonstrations must fit; an environment's spec has these fields. */
export interface DemonstrationSpec {
  readonly id: string;
  readonly observationSize: number;
  readonly actionSize: number;
}

/**
 * Reads demonstrations from a file in D4RL's layout: its first `count` episodes, by default all.
 *
 * @throws UserError when the file was recorded in another environment, does not fit this one, holds fewer episodes or a
 *   number that is not finite
 */
export async function readDemonstrations(
  path: string,
  spec: DemonstrationSpec,
  count?: number,
): Promise<Demonstrations> {
  const { id, observationSize, actionSize } = spec;
  if (count !== undefined && !(Number.isSafeInteger(count) && count > 0)) {
    throw new UserError(`${path}: ${count} trajectories were asked for, expected a positive integer`);
  }
  const set = await readD4rl(path, { environment: id, observationSize, actionSize });
  if (count !== undefined && set.episodes.length < count) {
    const held = set.episodes.length === 1 ? "1 trajectory" : `${set.episodes.length} trajectories`;
    throw new UserError(`${path}: holds ${held}, ${count} were asked for`);
  }
  const episodes = set.episodes.slice(0, count);
  const trajectories = episodes.map(({ start, end, terminated, truncated }) => ({
    length: end - start,
    observations: set.observations.slice(start * observationSize, end * observationSize),
    actions: set.actions.slice(start * actionSize, end * actionSize),
    nextObservations: set.nextObservations.slice(start * observationSize, end * observationSize),
    rewards: set.rewards.slice(start, end),
    terminated,
    truncated,
  }));
  return {
    environment: id,
    observationSize,
    actionSize,
    trajectories,
    returns: episodeReturns({ rewards: set.rewards, episodes }),
  };
}
