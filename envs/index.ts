export { box, unbounded, type Box } from "./box.ts";
export type {
  Environment,
  EnvironmentDefinition,
  EnvironmentDescription,
  EnvironmentSpec,
  EnvironmentState,
  Info,
  ResetResult,
  StepResult,
  TaskDescription,
} from "./environment.ts";
export { describeEnvironment, environmentSpec, listEnvironments, make } from "./registry.ts";
export { replay, type Recording, type Replay } from "./replay.ts";
