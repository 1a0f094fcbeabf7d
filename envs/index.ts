export {
  batchOf,
  makeBatch,
  type Batch,
  type BatchOptions,
  type BatchReset,
  type BatchStep,
  type InfoColumns,
} from "./batch.ts";
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
  Termination,
} from "./environment.ts";
export type {
  ActuatorDescription,
  BodyDescription,
  GeomDescription,
  JointDescription,
  ModelDescription,
  OptionDescription,
  TendonDescription,
} from "./model-description.ts";
export { meaningDifference, type VectorMeanings } from "./meaning.ts";
export { describeModel, MOST_CONTACTS, poser, type Poser } from "./mujoco.ts";
export { observedState, rewardWhereObserved, type ObservedState } from "./observed-state.ts";
export { describeEnvironment, environmentSpec, listEnvironments, make, terminationOf } from "./registry.ts";
export { replay, type Recording, type Replay } from "./replay.ts";
