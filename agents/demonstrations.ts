import type { Demonstrations, DemonstrationTrajectory } from "../datasets/index.ts";
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
