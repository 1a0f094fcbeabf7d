import { UserError } from "../src/errors.ts";
import type { Termination } from "./environment.ts";
import type { Robot } from "./locomotion.ts";

/** Of tasks that end by time only. */
export const never: Robot["terminatedAt"] = () => false;

/** An observation that begins with qpos from index `firstPosition` on, followed by all of qvel. */
export interface StateColumns {
  readonly positions: number;
  readonly firstPosition: number;
  readonly velocities: number;
}

/**
 * Of robots that are healthy or not: puts the observed state together and asks the rule that judges the simulated one.
 * Positions that are not observed count as 0.
 */
export function whenUnhealthy(
  { positions, firstPosition, velocities }: StateColumns,
  { terminate_when_unhealthy }: { readonly terminate_when_unhealthy: boolean },
  isHealthy: (qpos: Float64Array, qvel: Float64Array) => boolean,
): Robot["terminatedAt"] {
  if (!terminate_when_unhealthy) return never;
  const qpos = new Float64Array(positions);
  const qvel = new Float64Array(velocities);
  return (observations, first) => {
    let next = first;
    for (let i = firstPosition; i < positions; i++) qpos[i] = observations[next++];
    for (let i = 0; i < velocities; i++) qvel[i] = observations[next++];
    return !isHealthy(qpos, qvel);
  };
}

/** A robot's rule for the rows of [rows, observationSize], which it checks to be just that. */
export const rowwise =
  (id: string, observationSize: number, terminatedAt: Robot["terminatedAt"]): Termination =>
  (observations, row = 0) => {
    const rows = observations.length / observationSize;
    if (!Number.isInteger(rows))
      throw new UserError(
        `${id}: observations have ${observations.length} numbers, a multiple of ${observationSize} expected`,
      );
    if (!Number.isInteger(row) || row < 0 || row >= rows)
      throw new UserError(`${id}: there is no row ${row} in observations of ${rows} rows`);
    return terminatedAt(observations, row * observationSize);
  };
