import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Policy } from "../agents/policy.ts";
import { randomPolicy } from "../agents/reward-quality/rollouts.ts";
import { catalogued, readCatalogue } from "../datasets/catalogue.ts";
import type { Environment } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";
import { isDirectory } from "./files.ts";
import { policyFile } from "./run-files.ts";
import { openPolicy } from "./saved-policy.ts";

/** Whose rollouts a reward can be judged on. */
export const rolloutSources = ["expert", "own", "random"] as const;
export type RolloutSource = (typeof rolloutSources)[number];

interface Named {
  readonly source: RolloutSource;
  readonly policy: Policy;
}

/** The packaged expert of an environment, where there is one. */
function packagedExpert(id: string): string | undefined {
  const path = catalogued(readCatalogue(), `policies/${id.toLowerCase()}-expert.safetensors`);
  return existsSync(path) ? path : undefined;
}

function policyFor(path: string, { spec: { id } }: Environment): Policy {
  const { policy, environmentId } = openPolicy(path);
  if (environmentId !== id) throw new UserError(`${path}: a policy for ${environmentId}, the reward is judged in ${id}`);
  return policy;
}

/** The policy that a run learned beside its reward; undefined where the reward came alone, or is judged elsewhere. */
function ownPolicy(path: string, environment: Environment): Policy | undefined {
  if (!isDirectory(path) || !existsSync(join(path, policyFile))) return undefined;
  const { policy, environmentId } = openPolicy(path);
  return environmentId === environment.spec.id ? policy : undefined;
}

/**
 * The policies whose rollouts are asked for, by default all that there are.
 * @param path the run or file of the reward
 * @param expert a run or file, in place of the packaged expert
 * @throws UserError for one that was asked for by name and is not there
 */
export function judgePolicies(path: string, environment: Environment, expert: string | undefined, asked: readonly RolloutSource[] | undefined): Named[] {
  const { id } = environment.spec;
  const expertPath = expert ?? packagedExpert(id);
  const found: Readonly<Record<RolloutSource, () => Policy | undefined>> = {
    expert: () => (expertPath === undefined ? undefined : policyFor(expertPath, environment)),
    own: () => ownPolicy(path, environment),
    random: () => randomPolicy(environment),
  };
  const missing = { expert: `no expert of ${id} is packaged: name one with --expert`, own: `${path} has no policy for ${id}`, random: "" };
  return (asked ?? rolloutSources).flatMap((source) => {
    const policy = found[source]();
    if (policy !== undefined) return [{ source, policy }];
    if (asked !== undefined) throw new UserError(`--rollouts ${source}: ${missing[source]}`);
    return [];
  });
}
