import { d4rlReference } from "../../../datasets/scores.ts";
import type { DatasetOptions } from "../../../datasets/index.ts";
import { listEnvironments } from "../../../envs/index.ts";
import { UsageError } from "../../errors.ts";
import { suggestion } from "../../nearest.ts";

/**
 * What a dataset must fit. The environment may be one that only D4RL has, such as Hopper-v2, which gives a scale of
 * returns.
 * @throws UsageError for an id that is neither ours nor of one of D4RL's robots
 */
export function expectationOf(environment: string | undefined): DatasetOptions {
  if (environment === undefined) return {};
  const specs = listEnvironments();
  const spec = specs.find(({ id }) => id === environment);
  if (spec === undefined && (d4rlReference(environment) === undefined || !/-v[0-3]$/.test(environment))) {
    throw new UsageError(
      `unknown environment "${environment}"${suggestion(
        environment,
        specs.map(({ id }) => id),
      )}`,
    );
  }
  return {
    environment,
    ...(spec && { observationSize: spec.observationSize, actionSize: spec.actionSize }),
  };
}
