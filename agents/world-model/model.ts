import { describeEnvironment } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Executor } from "../../src/nn/executor.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { constantVector, view, views, zeros, type Layout, type VectorValues } from "../../src/nn/vector.ts";
import { loadSafetensors } from "../../src/runs/safetensors.ts";
import type { Snapshot } from "../../src/runs/snapshot.ts";
import type { SavedWeights } from "../trainer.ts";
import { INPUT_RANGE, type Holdout, type Standardization } from "./data.ts";
import { ensemble, targetSize, type Ensemble, type WorldModelArchitecture } from "./ensemble.ts";
import type { Gaussian } from "./losses.ts";
import { penalty, type PenaltyKind } from "./penalties.ts";

/** A trained world model P̂(s′, r | s, a). */
export interface WorldModel extends SavedWeights {
  readonly kind: "world-model";
  readonly architecture: WorldModelArchitecture;
  readonly standardization: Standardization;
  /** The members that predict. */
  readonly elites: readonly number[];
  /** Mean squared error of each member on the holdout, in standardised units. */
  readonly holdoutErrors: readonly number[];
  /** What it was measured on and has not learned from. */
  readonly holdout: Holdout;
  readonly theta: VectorValues;
  readonly bounds: VectorValues;
}

export type WorldModelFacts = Pick<WorldModel, "architecture" | "standardization" | "elites" | "holdoutErrors" | "holdout" | "theta" | "bounds">;

const standardizationNames = ["inputMean", "inputScale", "targetMean", "targetScale"] as const;

export function worldModel(facts: WorldModelFacts): WorldModel {
  const { architecture, standardization, elites, holdoutErrors, holdout, theta, bounds } = facts;
  const networks = ensemble(architecture);
  return {
    ...facts,
    kind: "world-model",
    weights: () => ({
      ...views(networks.network.layout, theta),
      ...views(networks.bounds, bounds),
      ...Object.fromEntries(
        standardizationNames.map((name) => [name, { shape: [standardization[name].length], values: standardization[name] }]),
      ),
    }),
    metadata: () => ({
      kind: "world-model",
      format: "1",
      architecture: JSON.stringify(architecture),
      elites: JSON.stringify(elites),
      holdoutErrors: JSON.stringify(holdoutErrors),
      holdout: JSON.stringify(holdout),
    }),
  };
}

/** Puts a world model together from its metadata and named arrays. */
function assemble(metadata: Readonly<Record<string, string>>, found: (name: string, shape: readonly number[]) => ArrayLike<number>): WorldModel {
  const architecture = JSON.parse(metadata.architecture) as WorldModelArchitecture;
  const networks = ensemble(architecture);
  const filled = (layout: Layout): Float32Array[] => {
    const values = zeros(layout);
    for (const { entries } of layout.chunks) {
      for (const { name, shape } of entries) view(layout, values, name).values.set(found(name, shape));
    }
    return values;
  };
  const { observationSize, actionSize } = architecture;
  const sizes = { input: observationSize + actionSize, target: targetSize(architecture) };
  const vector = (name: (typeof standardizationNames)[number]): Float32Array =>
    Float32Array.from(found(name, [name.startsWith("input") ? sizes.input : sizes.target]));
  return worldModel({
    architecture,
    theta: filled(networks.network.layout),
    bounds: filled(networks.bounds),
    standardization: {
      inputMean: vector("inputMean"),
      inputScale: vector("inputScale"),
      targetMean: vector("targetMean"),
      targetScale: vector("targetScale"),
    },
    elites: JSON.parse(metadata.elites) as number[],
    holdoutErrors: JSON.parse(metadata.holdoutErrors) as number[],
    holdout: JSON.parse(metadata.holdout) as Holdout,
  });
}

/** Reads a world model that a run has saved. @throws UserError */
export function loadWorldModel(path: string): WorldModel {
  const { tensors, metadata } = loadSafetensors(path);
  if (metadata.kind !== "world-model") {
    throw new UserError(`${path}: no world model, its metadata says kind "${metadata.kind ?? "none"}"`);
  }
  if (metadata.holdout === undefined) throw new UserError(`${path}: does not say what was held out of its training; train the model again`);
  const model = assemble(metadata, (name, shape) => {
    const tensor = tensors[name];
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw new UserError(`${path}: "${name}" has shape [${tensor?.shape.join(", ") ?? ""}], the world model needs [${shape.join(", ")}]`);
    }
    return tensor.values;
  });
  // members are kept at their best measurement: before the first there are none, and JSON has no Infinity
  if (!model.holdoutErrors.every(Number.isFinite)) {
    throw new UserError(`${path}: its training stopped before the first measurement; continue that run`);
  }
  return model;
}

/** A world model as part of a checkpoint. */
export const modelSnapshot = (model: WorldModel): Snapshot => ({
  arrays: Object.fromEntries(Object.entries(model.weights()).map(([name, { values }]) => [name, values])),
  values: model.metadata(),
});

/** The model of {@link modelSnapshot}. */
export const modelFromSnapshot = ({ arrays, values }: Snapshot): WorldModel =>
  assemble(values as Readonly<Record<string, string>>, (name, shape) => {
    const array = arrays[name];
    const size = shape.reduce((a, b) => a * b, 1);
    if (array?.length !== size) throw new Error(`the saved world model has ${array?.length ?? "no"} numbers for "${name}", needed are ${size}`);
    return array;
  });

/** A row vector as a constant. */
const row = (values: Float32Array): Tensor => op.constant(values, [1, values.length]);

/** What every member says of (s, a): Gaussians over (s′ − s, r) in the units of observations and rewards. */
export function predictChanges(
  networks: Ensemble,
  { theta, bounds, standardization }: Pick<WorldModel, "theta" | "bounds" | "standardization">,
  observation: Tensor,
  action: Tensor,
): Gaussian[] {
  const { inputMean, inputScale, targetMean, targetScale } = standardization;
  const x = op.div(op.sub(op.concat([observation, action], 1), row(inputMean)), row(inputScale));
  const gaussians = networks.predict(
    constantVector(networks.network.layout, theta),
    constantVector(networks.bounds, bounds),
    op.clip(x, -INPUT_RANGE, INPUT_RANGE),
  );
  return gaussians.map(({ mean, logVariance }) => ({
    mean: op.add(op.mul(mean, row(targetScale)), row(targetMean)),
    logVariance: op.add(logVariance, row(targetScale.map((scale) => 2 * Math.log(scale)))),
  }));
}

/** Observations as the environment gives them: some of their numbers are clipped there. */
function clipped({ environment, observationSize }: WorldModelArchitecture, observation: Tensor): Tensor {
  const low = new Float32Array(observationSize).fill(-Infinity);
  const high = new Float32Array(observationSize).fill(Infinity);
  let first = 0;
  for (const { size, range: [least, most] = [-Infinity, Infinity] } of describeEnvironment(environment).task.observation) {
    low.fill(least, first, first + size);
    high.fill(most, first, (first += size));
  }
  return low.some(Number.isFinite) ? op.maximum(op.minimum(observation, row(high)), row(low)) : observation;
}

export interface ModelStepOptions {
  /** Rows B of each step. */
  readonly size: number;
  /** Absent: no penalty is computed, and only elites are evaluated. */
  readonly penalty?: PenaltyKind;
  /** Whether the members' disagreement is computed beside it. */
  readonly disagreement?: boolean;
  readonly executor?: Executor;
}

/** One step of B independent states in the model; the arrays are the caller's to fill and to read. */
export interface ModelStep {
  /** [B, O] and [B, A] */
  readonly observation: Float32Array;
  readonly action: Float32Array;
  /** [B, D]: standard normal, or zeros for the most likely outcome */
  readonly noise: Float32Array;
  /** Writes which elite (an index into `elites`) predicts each row. */
  choose(elites: ArrayLike<number>): void;
  /** Outputs are reused by the next call. */
  run(): Promise<{
    /** [B, O] */
    readonly nextObservation: Float32Array;
    /** [B]; without `rewards` in the architecture, zeros */
    readonly reward: Float32Array;
    /** [B]; without a penalty, zeros */
    readonly penalty: Float32Array;
    /** [B]; where it is not asked for, zeros */
    readonly disagreement: Float32Array;
  }>;
  dispose(): Promise<void>;
}

/**
 * Compiles a step of a model whose weights no longer change: s′ = s + μ + σ·ε of one elite per row, within the ranges that
 * the environment's observations are clipped to, and the penalty of all members.
 */
export async function modelStep(model: WorldModel, { size, penalty: kind, disagreement: compared = false, executor }: ModelStepOptions): Promise<ModelStep> {
  const { architecture, elites } = model;
  const { observationSize, actionSize } = architecture;
  const networks = ensemble(architecture);
  const outputs = targetSize(architecture);
  const program = await compile(
    {
      name: "world model step",
      state: {},
      batch: {
        observation: [size, observationSize],
        action: [size, actionSize],
        noise: [size, outputs],
        // one-hot: a mask costs less than gathering rows
        chosen: [size, elites.length],
      },
      update({ batch: { observation, action, noise, chosen } }) {
        const members = predictChanges(networks, model, observation, action);
        const samples = elites.map((index) => {
          const { mean, logVariance } = members[index];
          return op.add(mean, op.mul(op.exp(op.mul(logVariance, 0.5)), noise));
        });
        const change = samples
          .map((sample, i) => op.mul(sample, op.slice(chosen, 1, i, i + 1)))
          .reduce((a, b) => op.add(a, b));
        const states = members.map(({ mean, logVariance }) => ({
          mean: op.slice(mean, 1, 0, observationSize),
          logVariance: op.slice(logVariance, 1, 0, observationSize),
        }));
        return {
          state: {},
          outputs: {
            nextObservation: clipped(architecture, op.add(observation, op.slice(change, 1, 0, observationSize))),
            ...(architecture.rewards && { reward: op.slice(change, 1, observationSize, outputs) }),
            ...(kind !== undefined && { penalty: penalty(kind, states) }),
            ...(compared && { disagreement: penalty("disagreement", states) }),
          } as Record<"nextObservation" | "reward" | "penalty" | "disagreement", Tensor>,
        };
      },
    },
    executor,
  );
  const [{ observation, action, noise, chosen }] = program.batches;
  const nothing = new Float32Array(size);
  return {
    observation,
    action,
    noise,
    choose(indices) {
      chosen.fill(0);
      for (let i = 0; i < size; i++) chosen[i * elites.length + indices[i]] = 1;
    },
    async run() {
      const { nextObservation, reward, penalty: uncertainty, disagreement } = await program.run();
      return {
        nextObservation,
        reward: architecture.rewards ? reward : nothing,
        penalty: kind === undefined ? nothing : uncertainty,
        disagreement: compared ? disagreement : nothing,
      };
    },
    dispose: () => program.dispose(),
  };
}
