import { UserError } from "../src/errors.ts";
import type { Environment, EnvironmentDescription } from "./environment.ts";

/** Reads states from observations. */
export interface ObservedState {
  /** Positions that observations leave out, the first ones; they are read as 0. */
  readonly hidden: number;
  /** qpos and qvel, the caller's to keep. */
  read(observation: ArrayLike<number>): { qpos: Float64Array; qvel: Float64Array };
}

/**
 * The state behind an observation, as far as it shows: every robot's observation begins with its positions, but for the first ones (x, y)
 * where they are left out, followed by all velocities.
 * @throws UserError for tasks whose observations are otherwise
 */
export function observedState(
  { spec, task }: Pick<EnvironmentDescription, "spec" | "task">,
  sizes: { readonly qpos: number; readonly qvel: number },
): ObservedState {
  const [positions, velocities] = task.observation;
  const hidden = sizes.qpos - (positions?.size ?? 0);
  if (hidden < 0 || hidden > 2 || velocities?.size !== sizes.qvel) {
    throw new UserError(`${spec.id}: its observations do not show its state`);
  }
  return {
    hidden,
    read(observation) {
      const qpos = new Float64Array(sizes.qpos);
      const qvel = new Float64Array(sizes.qvel);
      for (let i = hidden; i < sizes.qpos; i++) qpos[i] = observation[i - hidden];
      for (let i = 0; i < sizes.qvel; i++) qvel[i] = observation[sizes.qpos - hidden + i];
      return { qpos, qvel };
    },
  };
}

/**
 * What an environment pays for an action in the state that an observation shows: it is put there and takes the step, which leaves
 * it elsewhere. Exact but for the solver's tolerance, and for velocities that observations clip.
 * @throws UserError for tasks whose observations do not show their state
 */
export function rewardWhereObserved(
  environment: Environment,
  description: Pick<EnvironmentDescription, "spec" | "task">,
): (observation: ArrayLike<number>, action: ArrayLike<number>) => number {
  const { read } = observedState(description, { qpos: environment.qpos.length, qvel: environment.qvel.length });
  return (observation, action) => {
    const { qpos, qvel } = read(observation);
    environment.setState(qpos, qvel);
    return environment.step(action).reward;
  };
}
