import { observedState } from "../../envs/index.ts";
import type { Simulator } from "./simulator.ts";

/**
 * Reads states from a robot's observations, one after the other in time: positions that are not observed are the sum of the
 * observed velocities.
 * @throws UserError for tasks whose observations do not show their state
 */
export function observedStates({ description, sizes }: Simulator): (observation: ArrayLike<number>) => { qpos: Float64Array; qvel: Float64Array } {
  const { hidden, read } = observedState(description, sizes);
  const place = new Float64Array(hidden);
  return (observation) => {
    const { qpos, qvel } = read(observation);
    qpos.set(place);
    for (let i = 0; i < hidden; i++) place[i] += sizes.dt * qvel[i];
    return { qpos, qvel };
  };
}
