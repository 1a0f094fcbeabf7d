import { concatenate } from "../datasets/concatenate.ts";
import type { Demonstrations, DemonstrationTrajectory } from "../datasets/index.ts";
import { setOfTrajectory, type TransitionSet } from "../datasets/transition-set.ts";
import { UserError } from "../src/errors.ts";

/**
 * The first `count` expert trajectories.
 * @throws UserError when there are fewer, or no demonstrations at all
 */
export function takeTrajectories(
  agent: string,
  demonstrations: Demonstrations | undefined,
  count: number,
): readonly DemonstrationTrajectory[] {
  if (demonstrations === undefined) throw new UserError(`${agent} learns from demonstrations: give --demos FILE`);
  const { trajectories } = demonstrations;
  if (trajectories.length < count) {
    throw new UserError(`trajectories=${count}: the demonstrations hold ${trajectories.length}`);
  }
  return trajectories.slice(0, count);
}

/** The transitions of all trajectories, for a solver or a world model to learn from beside its own. */
export const transitionsOf = (trajectories: readonly DemonstrationTrajectory[], environment?: string): TransitionSet =>
  concatenate(trajectories.map((one) => setOfTrajectory(one, environment)));
