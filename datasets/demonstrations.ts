import { UserError } from "../src/errors.ts";
import { openDataset } from "./open.ts";
import { joinPieces } from "./concatenate.ts";
import { episodeReturns, trajectories, type Trajectory } from "./transition-set.ts";

/**
 * One episode of an expert. Its rewards are the environment's own; for reports only, no algorithm learns from them.
 */
export type DemonstrationTrajectory = Trajectory;

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
 * Reads demonstrations from a dataset, D4RL's or Minari's: its first `count` episodes, by default all. Rows after them
 * are not looked at.
 *
 * @throws UserError when the data were recorded in another environment, do not fit this one, are fewer episodes, or hold
 *   a number that is not finite
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
  const dataset = await openDataset(path, { environment: id, observationSize, actionSize });
  try {
    const { episodes } = dataset;
    if (count !== undefined && episodes.length < count) {
      const held = episodes.length === 1 ? "1 trajectory" : `${episodes.length} trajectories`;
      throw new UserError(`${path}: holds ${held}, ${count} were asked for`);
    }
    const size = episodes[(count ?? episodes.length) - 1].end;
    const set = { ...joinPieces([dataset.read(0, size)], size, dataset.path), metadata: {} };
    return {
      environment: id,
      observationSize,
      actionSize,
      trajectories: [...trajectories(set)],
      returns: episodeReturns(set),
    };
  } finally {
    dataset.close();
  }
}
