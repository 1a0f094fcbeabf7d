import type { z } from "zod";
import type { Demonstrations } from "../datasets/demonstrations.ts";
import type { TransitionSet } from "../datasets/transition-set.ts";
import type { Environment, EnvironmentSpec } from "../envs/index.ts";
import type { Checkpointable, NumericArray, Snapshot } from "../src/runs/snapshot.ts";
import type { Policy } from "./policy.ts";
import type { SacNetworkWeights } from "./sac/networks.ts";
import type { LearnedReward } from "./reward-network.ts";
import type { WorldModel } from "./world-model/model.ts";

/** Scalar metrics of one record, by name (documented per algorithm in docs/). */
export type Metrics = Readonly<Record<string, number>>;

/** Named weights as they are saved: shape and row-major values. */
export type Weights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: NumericArray }>>;

/** Something that leaves the run as weights with the facts to rebuild it. */
export interface SavedWeights {
  readonly kind: "policy" | "reward" | "world-model" | "sac-networks";
  weights(): Weights;
  /** Strings that, with the weights, say everything needed to rebuild it (architecture, sizes, environment). */
  metadata(): Readonly<Record<string, string>>;
}

/** A policy or reward that can leave the run also as a stand-alone ONNX model. */
export interface Exportable extends SavedWeights {
  readonly kind: "policy" | "reward";
  /** Bytes of an ONNX model with dynamic batch size that onnxruntime loads alone. */
  onnx(): Uint8Array;
}

/** A training run in progress. `advance` is called until `done`; between calls the state is complete and can be saved. */
export interface Trainer extends Pick<Checkpointable, "snapshot"> {
  restore(snapshot: Snapshot): void | Promise<void>;
  /** Environment steps taken so far, every one counted, those for reward steps and warm-up too. */
  readonly environmentSteps: number;
  /** Progress, in the unit of `totalSteps`: environment steps, or gradient steps of algorithms without an environment. */
  readonly steps: number;
  /** Steps after which the run is done. */
  readonly totalSteps: number;
  readonly done: boolean;
  /** Runs one short unit of work (at most some seconds) and returns its metrics; always contains at least `environmentSteps`. */
  advance(): Promise<Metrics>;
  /** What the run measures and saves: the current policy, or its average over the latest updates; none where no policy is trained. */
  readonly policy?: Policy & Exportable;
  /** The learned reward, where the algorithm learns one. */
  readonly reward?: Exportable;
  /** Policy, critics and temperature, where the algorithm can go on from them. */
  readonly networks?: SavedWeights;
  /** The world model, where the algorithm acts in one. */
  readonly model?: SavedWeights;
  close(): void;
}

/** What a run can be given beside its configuration. */
export interface RunInputs {
  readonly demonstrations?: Demonstrations;
  /** What another run of SAC has learned, to go on from. */
  readonly networks?: SacNetworkWeights;
  /** Transitions to learn from without an environment. */
  readonly dataset?: TransitionSet;
  /** A world model that was trained before. */
  readonly model?: WorldModel;
  /** A reward that was learned before, to be maximised as it is. */
  readonly reward?: LearnedReward;
}

export type InputName = keyof RunInputs;

/** Inputs are there as the agent's `takes` says. */
export interface TrainerContext extends RunInputs {
  readonly environment: EnvironmentSpec;
  /** Makes a new environment of the run's kind. */
  makeEnvironment(): Promise<Environment>;
  readonly seed: number;
}

/** What every agent has: `smoke` (seconds, only shows that it runs), `quick` (minutes), `paper` (for results). */
export type PresetName = "smoke" | "quick" | "paper";

/** What the command line knows of an algorithm. */
export interface AgentDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly description: string;
  /** The inputs that it knows; others are refused. */
  readonly takes: Readonly<Partial<Record<InputName, "required" | "optional">>>;
  /** Every option with its default and a `.describe()`; strict: unknown keys are errors. Contains `steps`. */
  readonly config: Schema;
  /** Overrides of the defaults, per preset; may depend on the environment. Agents may have further ones. */
  presets(environment: EnvironmentSpec): Readonly<Record<PresetName, object>> & Readonly<Record<string, object>>;
  /**
   * What the expert's actions are for, in words, or undefined where its states alone count: then demonstrations of another
   * environment will do. Agents that take demonstrations and say nothing imitate the actions.
   */
  needsExpertActions?(config: z.output<Schema>): string | undefined;
  create(context: TrainerContext, config: z.output<Schema>): Promise<Trainer>;
}

/** An input that the agent's `takes` promises. */
export function requireInput<Name extends InputName>(agent: string, inputs: RunInputs, name: Name): NonNullable<RunInputs[Name]> {
  const input = inputs[name];
  if (input === undefined) throw new Error(`${agent} was created without its ${name}`);
  return input;
}
