import { UserError } from "../../src/errors.ts";
import type { Simulator } from "./simulator.ts";

/**
 * Reads states from a robot's observations, one after the other in time: every robot's observation begins with its
 * positions, but for the first ones (x, y) where they are left out, followed by all velocities. Positions that are not
 * observed are the sum of the observed velocities.
 * @throws UserError for tasks whose observations are otherwise
 */
export function observedStates({ description, sizes }: Simulator): (observation: ArrayLike<number>) => { qpos: Float64Array; qvel: Float64Array } {
  const [positions, velocities] = description.task.observation;
  const hidden = sizes.qpos - (positions?.size ?? 0);
  if (hidden < 0 || hidden > 2 || velocities?.size !== sizes.qvel) {
    throw new UserError(`${description.spec.id}: its observations do not show its state; record qpos and qvel with them`);
  }
  const place = new Float64Array(hidden);
  return (observation) => {
    const qpos = new Float64Array(sizes.qpos);
    const qvel = new Float64Array(sizes.qvel);
    qpos.set(place);
    for (let i = hidden; i < sizes.qpos; i++) qpos[i] = observation[i - hidden];
    for (let i = 0; i < sizes.qvel; i++) qvel[i] = observation[sizes.qpos - hidden + i];
    for (let i = 0; i < hidden; i++) place[i] += sizes.dt * qvel[i];
    return { qpos, qvel };
  };
}
