import type { z } from "zod";
import type { Demonstrations } from "../datasets/demonstrations.ts";
import type { Environment, EnvironmentSpec } from "../envs/index.ts";
import type { Checkpointable, NumericArray } from "../src/runs/snapshot.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import type { Policy } from "./policy.ts";

/** Scalar metrics of one record, by name (documented per algorithm in docs/). */
export type Metrics = Readonly<Record<string, number>>;

/** Named weights as they are saved: shape and row-major values. */
export type Weights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: NumericArray }>>;

/** A policy or reward that can leave the run: as weights with the facts to rebuild it, or as a stand-alone ONNX model. */
export interface Exportable {
  readonly kind: "policy" | "reward";
  weights(): Weights;
  /** Strings that, with the weights, say everything needed to rebuild it (architecture, sizes, environment). */
  metadata(): Readonly<Record<string, string>>;
  /** Bytes of an ONNX model with dynamic batch size that onnxruntime loads alone. */
  onnx(): Uint8Array;
}

/** A training run in progress. `advance` is called until `done`; between calls the state is complete and can be saved. */
export interface Trainer extends Checkpointable {
  /** Environment steps taken so far, every one counted, those for reward steps and warm-up too. */
  readonly environmentSteps: number;
  /** Progress, in the unit of `totalSteps`: environment steps, or gradient steps of algorithms without an environment. */
  readonly steps: number;
  /** Steps after which the run is done. */
  readonly totalSteps: number;
  readonly done: boolean;
  /** Runs one short unit of work (at most some seconds) and returns its metrics; always contains at least `environmentSteps`. */
  advance(): Promise<Metrics>;
  /** The current policy (last iterate). */
  readonly policy: Policy & Exportable;
  /** The learned reward, where the algorithm learns one. */
  readonly reward?: Exportable;
  close(): void;
}

export interface TrainerContext {
  readonly environment: EnvironmentSpec;
  /** Makes a new environment of the run's kind. */
  makeEnvironment(): Promise<Environment>;
  readonly seed: number;
  /** Present exactly when the agent's `needsDemonstrations`. */
  readonly demonstrations?: Demonstrations;
  /** A policy to start from; only for agents with `continuesPolicies`. */
  readonly initialPolicy?: NetworkPolicy;
}

export type PresetName = "smoke" | "quick" | "paper";

/** What the command line knows of an algorithm. */
export interface AgentDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly needsDemonstrations: boolean;
  /** Can start from a given policy. */
  readonly continuesPolicies?: boolean;
  /** Every option with its default and a `.describe()`; strict: unknown keys are errors. Contains `steps`. */
  readonly config: Schema;
  /** Overrides of the defaults, per preset; may depend on the environment. */
  presets(environment: EnvironmentSpec): Readonly<Record<PresetName, object>>;
  create(context: TrainerContext, config: z.output<Schema>): Promise<Trainer>;
}
