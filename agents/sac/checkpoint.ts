import type { Environment } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Snapshot } from "../../src/runs/snapshot.ts";
import { gaussianOf, networkPolicy, type NetworkPolicy } from "../network-policy.ts";
import { sacAgentSchema } from "./config.ts";
import { architectureOf } from "./solver.ts";

/** The environment steps that a checkpoint of a SAC run was taken after. @throws UserError when it is of no such run */
export function stepsOf(snapshot: Snapshot, path: string): number {
  const steps = snapshot.values["solver/steps"];
  if (typeof steps !== "number" || snapshot.arrays["replay/rows"] === undefined)
    throw new UserError(`${path}: no checkpoint of a SAC run: it holds no replay`);
  return steps;
}

/**
 * The policy in a checkpoint of a SAC run, without making the rest of the run.
 * @param config the run's
 * @param path the checkpoint's file, for messages
 * @throws UserError when the checkpoint holds no policy of that configuration
 */
export function policyOf(
  snapshot: Snapshot,
  { spec, actionSpace }: Pick<Environment, "spec" | "actionSpace">,
  config: unknown,
  path: string,
): NetworkPolicy {
  const world = { ...spec, actionLow: actionSpace.low, actionHigh: actionSpace.high };
  const architecture = architectureOf(spec.id, world, sacAgentSchema.parse(config));
  const { chunks } = gaussianOf(architecture).network.layout;
  const parameters = chunks.map(({ size }, i) => {
    const values = snapshot.arrays[`update/average#${i}`];
    if (!(values instanceof Float32Array) || values.length !== size)
      throw new UserError(`${path}: holds no policy of the run's configuration`);
    return values;
  });
  return networkPolicy(architecture, () => parameters);
}
