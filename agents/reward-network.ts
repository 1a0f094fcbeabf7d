import { UserError } from "../src/errors.ts";
import { lower } from "../src/nn/onnx/lower.ts";
import { mlp, type Activation } from "../src/nn/network.ts";
import * as op from "../src/nn/operations.ts";
import type { Tensor } from "../src/nn/tensor.ts";
import { constantVector, view, views, zeros, type Layout, type Vector, type VectorValues } from "../src/nn/vector.ts";
import type { Random } from "../src/random/index.ts";
import { loadSafetensors } from "../src/runs/safetensors.ts";
import type { RewardFunction } from "./reward-function.ts";
import type { Exportable } from "./trainer.ts";

export interface RewardArchitecture {
  readonly environment: string;
  readonly input: "state" | "state-action";
  readonly observationSize: number;
  readonly actionSize: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** |r| stays within it: `clamp` cuts (no gradient beyond), `tanh` saturates smoothly. */
  readonly bound: { readonly kind: "clamp" | "tanh"; readonly value: number };
  /** The network has one more input, 1 in the absorbing state (all others 0) and 0 elsewhere. */
  readonly absorbing: boolean;
}

/** A reward r(s;θ) or r(s,a;θ) as a network over raw states and actions in the environment's units. */
export interface RewardNetwork {
  readonly architecture: RewardArchitecture;
  readonly layout: Layout;
  /** Columns of an input row: state, action, indicator of the absorbing state. */
  readonly inputSize: number;
  initialize(random: Random): Float32Array[];
  /** r for input rows, [B, inputSize] → [B, 1] */
  value(theta: Vector, rows: Tensor): Tensor;
  /** Input rows of states and actions, [B, O] and [B, A] → [B, inputSize] */
  rows(observation: Tensor, action: Tensor): Tensor;
  /** The same from numbers; `target` has room for as many rows from row `at` on. */
  fillRows(target: Float32Array, at: number, observations: Float32Array, actions: Float32Array): void;
  /** Writes the row of the absorbing state. */
  fillAbsorbing(target: Float32Array, at: number): void;
}

export function rewardNetwork(architecture: RewardArchitecture): RewardNetwork {
  const { input, observationSize, actionSize, hidden, activation, bound, absorbing } = architecture;
  const withAction = input === "state-action";
  const features = observationSize + (withAction ? actionSize : 0);
  const inputSize = features + (absorbing ? 1 : 0);
  const network = mlp({ inputs: inputSize, hidden, outputs: 1, activation, name: "reward" });
  return {
    architecture,
    layout: network.layout,
    inputSize,
    initialize: (random) => network.initialize(random),
    value(theta, rows) {
      const [raw] = network.apply(theta, rows);
      if (bound.kind === "clamp") return op.clip(raw, -bound.value, bound.value);
      return op.mul(op.tanh(op.mul(raw, 1 / bound.value)), bound.value);
    },
    rows(observation, action) {
      const indicator = absorbing ? [op.constant(0, [observation.shape[0], 1])] : [];
      return op.concat([observation, ...(withAction ? [action] : []), ...indicator], 1);
    },
    fillRows(target, at, observations, actions) {
      const count = observations.length / observationSize;
      for (let i = 0; i < count; i++) {
        const row = (at + i) * inputSize;
        target.set(observations.subarray(i * observationSize, (i + 1) * observationSize), row);
        if (withAction) target.set(actions.subarray(i * actionSize, (i + 1) * actionSize), row + observationSize);
        if (absorbing) target[row + features] = 0;
      }
    },
    fillAbsorbing(target, at) {
      target.fill(0, at * inputSize, at * inputSize + features);
      target[at * inputSize + features] = 1;
    },
  };
}

/** A batch size that no layer has: it marks the axis that an exported model leaves open. */
const OPEN_AXIS = 8191;

/** A learned reward as the value that solvers use and that leaves a run. */
export interface LearnedReward extends RewardFunction, Exportable {
  readonly kind: "reward";
  readonly network: RewardNetwork;
}

/** @param parameters the current θ, read whenever the reward is used */
export function learnedReward(network: RewardNetwork, parameters: () => VectorValues): LearnedReward {
  const { architecture, layout } = network;
  const metadata = { kind: "reward", format: "1", architecture: JSON.stringify(architecture) };
  return {
    kind: "reward",
    network,
    input: architecture.input,
    layout,
    parameters,
    value: (theta, { observation, action }) => network.value(theta, network.rows(observation, action)),
    ...(architecture.absorbing && {
      absorbing(theta: Vector) {
        const row = new Float32Array(network.inputSize);
        network.fillAbsorbing(row, 0);
        return network.value(theta, op.constant(row, [1, network.inputSize]));
      },
    }),
    weights: () => views(layout, parameters()),
    metadata: () => metadata,
    onnx() {
      const observation = op.input("observation", [OPEN_AXIS, architecture.observationSize]);
      const action = op.input("action", [OPEN_AXIS, architecture.actionSize]);
      const used = architecture.input === "state" ? [observation] : [observation, action];
      // the indicator of the absorbing state is 0 for every state of the environment: its weights, the last of the first
      // layer, drop out
      const plain = rewardNetwork({ ...architecture, absorbing: false });
      const values = zeros(plain.layout);
      for (const [name, array] of Object.entries(views(plain.layout, values))) {
        array.values.set(view(layout, parameters(), name).values.subarray(0, array.values.length));
      }
      const reward = plain.value(constantVector(plain.layout, values), plain.rows(observation, action));
      return lower({
        inputs: used.map((tensor) => ({ tensor, name: tensor.attributes.name ?? "" })),
        outputs: [{ tensor: reward, name: "reward" }],
        portable: true,
        dynamicBatch: OPEN_AXIS,
        metadata,
      }).model;
    },
  };
}

/** Reads a reward that `motive export --reward` or a run has saved; its parameters no longer change. @throws UserError */
export function loadLearnedReward(path: string): LearnedReward {
  const { tensors, metadata } = loadSafetensors(path);
  if (metadata.kind !== "reward" || metadata.architecture === undefined) {
    throw new UserError(`${path}: no reward, its metadata says kind "${metadata.kind ?? "none"}"`);
  }
  const network = rewardNetwork(JSON.parse(metadata.architecture) as RewardArchitecture);
  const { layout } = network;
  const parameters = zeros(layout);
  for (const { entries } of layout.chunks) {
    for (const { name, shape } of entries) {
      const found = tensors[name];
      if (found === undefined || found.shape.join() !== shape.join()) {
        throw new UserError(`${path}: "${name}" has shape [${found?.shape.join(", ") ?? ""}], the reward needs [${shape.join(", ")}]`);
      }
      view(layout, parameters, name).values.set(found.values);
    }
  }
  return learnedReward(network, () => parameters);
}
