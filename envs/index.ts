export { box, unbounded, type Box } from "./box.ts";
export type {
  Environment,
  EnvironmentDefinition,
  EnvironmentSpec,
  EnvironmentState,
  Info,
  ResetResult,
  StepResult,
} from "./environment.ts";
export { environmentSpec, listEnvironments, make } from "./registry.ts";
export { replay, type Recording, type Replay } from "./replay.ts";
