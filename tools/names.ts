import { agents } from "../agents/index.ts";
import type { AgentDefinition } from "../agents/trainer.ts";
import { listEnvironments } from "../envs/index.ts";
import type { EnvironmentSpec } from "../envs/index.ts";
import { UsageError } from "./errors.ts";
import { suggestion } from "./nearest.ts";

/** The agent of that name. @throws UsageError with the nearest names */
export function findAgent(name: string): AgentDefinition {
  const agent = agents.find((one) => one.name === name);
  if (agent) return agent;
  const names = agents.map((one) => one.name);
  throw new UsageError(`unknown agent "${name}"${suggestion(name, names)}`);
}

/** The environment of that id. @throws UsageError with the nearest ids */
export function findEnvironment(id: string): EnvironmentSpec {
  const specs = listEnvironments();
  const spec = specs.find((one) => one.id === id);
  if (spec) return spec;
  throw new UsageError(
    `unknown environment "${id}"${suggestion(
      id,
      specs.map((one) => one.id),
    )}`,
  );
}
