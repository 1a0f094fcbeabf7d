import { UserError } from "../src/errors.ts";
import type {
  Environment,
  EnvironmentDefinition,
  EnvironmentDescription,
  EnvironmentSpec,
  Termination,
} from "./environment.ts";
import { definitions as ant } from "./ant/index.ts";
import { definitions as customAnt } from "./custom-ant/index.ts";
import { definitions as halfCheetah } from "./halfcheetah/index.ts";
import { definitions as hopper } from "./hopper/index.ts";
import { definitions as humanoid } from "./humanoid/index.ts";
import { definitions as regulator } from "./regulator/index.ts";
import { definitions as walker2d } from "./walker2d/index.ts";

/** One line per folder. */
const definitions: readonly EnvironmentDefinition[] = [
  ...hopper,
  ...halfCheetah,
  ...walker2d,
  ...ant,
  ...humanoid,
  ...customAnt,
  ...regulator,
];

/** Facts of all environments, with default options, in a fixed order. */
export function listEnvironments(): EnvironmentSpec[] {
  return definitions.map(({ spec }) => spec);
}

/** Facts of one environment. Throws UserError for an unknown id. */
export function environmentSpec(id: string): EnvironmentSpec {
  return find(id).spec;
}

/** What an environment with the given options is. Throws UserError as {@link make} does. */
export function describeEnvironment(
  id: string,
  options: Readonly<Record<string, unknown>> = {},
): EnvironmentDescription {
  return find(id).describe(options);
}

/**
 * How to tell from an observation alone whether the step that led there terminated, without making the environment.
 * Throws UserError as {@link make} does.
 *
 * @example
 * const terminated = terminationOf("Hopper-v5", { healthy_z_range: [0.8, Infinity] });
 * for (let row = 0; row < rows; row++) alive[row] = terminated(predictions, row) ? 0 : 1;
 */
export function terminationOf(id: string, options: Readonly<Record<string, unknown>> = {}): Termination {
  return find(id).describe(options).terminated;
}

/**
 * Makes an environment. Options have the names of Gymnasium's constructor options, `max_episode_steps` included.
 * Throws UserError for an unknown id, and for options that are unknown or of a wrong type.
 */
export async function make(
  id: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Environment> {
  return find(id).create(options);
}

function find(id: string): EnvironmentDefinition {
  const definition = definitions.find(({ spec }) => spec.id === id);
  if (definition) return definition;
  const known = definitions.map(({ spec }) => spec.id).join(", ");
  throw new UserError(`there is no environment "${id}"; known are ${known}`);
}
