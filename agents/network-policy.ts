import { UserError } from "../src/errors.ts";
import { gaussianPolicy, type GaussianPolicy } from "../src/nn/gaussian-policy.ts";
import * as op from "../src/nn/operations.ts";
import { lower } from "../src/nn/onnx/lower.ts";
import { constantVector, views, zeros, view, type VectorValues } from "../src/nn/vector.ts";
import type { Random } from "../src/random/index.ts";
import { loadSafetensors } from "../src/runs/safetensors.ts";
import type { Policy } from "./policy.ts";
import type { Exportable } from "./trainer.ts";

/** The architecture of a squashed Gaussian policy, and the actions it acts with. */
export interface PolicyArchitecture {
  readonly environment: string;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly hidden: readonly number[];
  readonly activation: "relu" | "tanh" | "silu";
  readonly actionLow: readonly number[];
  readonly actionHigh: readonly number[];
}

/** A policy that is a network: it acts in rollouts, and can be saved and exported. */
export interface NetworkPolicy extends Policy, Exportable {
  readonly kind: "policy";
  readonly architecture: PolicyArchitecture;
  /** The current φ. */
  parameters(): VectorValues;
  /** `act` with mode `sample`; returns log π of the action as a density over the actions in their own units. */
  sample(observation: ArrayLike<number>, random: Random, action: Float64Array): number;
  /** Writes the actions [B, A] of u = μ + σ·ε for observations [B, O] and standard normal noise ε [B, A]. */
  actions(observations: Float32Array, noise: Float32Array, actions: Float32Array): void;
}

/** A batch size that no layer has: it marks the axis that an exported model leaves open. */
const OPEN_AXIS = 8191;

export const gaussianOf = (architecture: PolicyArchitecture): GaussianPolicy => gaussianPolicy(architecture);

/** @param parameters the current φ, read whenever the policy acts */
export function networkPolicy(architecture: PolicyArchitecture, parameters: () => VectorValues): NetworkPolicy {
  const { observationSize, actionSize } = architecture;
  const policy = gaussianOf(architecture);
  const { layout } = policy.network;
  const actOnce = policy.actor(parameters);
  const sampleOnce = policy.sampler(parameters);
  const noise = new Float32Array(actionSize);
  return {
    kind: "policy",
    architecture,
    parameters,
    observationSize,
    actionSize,
    act(observation, mode, random, action) {
      if (mode === "sample") random.fillNormal(noise);
      actOnce(observation, mode === "sample" ? noise : undefined, action);
    },
    sample(observation, random, action) {
      random.fillNormal(noise);
      return sampleOnce(observation, noise, action);
    },
    actions(observations, batchNoise, actions) {
      for (let i = 0; i * actionSize < actions.length; i++) {
        const row = (array: Float32Array, width: number): Float32Array => array.subarray(i * width, (i + 1) * width);
        actOnce(row(observations, observationSize), row(batchNoise, actionSize), row(actions, actionSize));
      }
    },
    weights: () => views(layout, parameters()),
    metadata: () => ({ kind: "policy", format: "1", architecture: JSON.stringify(architecture) }),
    onnx() {
      const observation = op.input("observation", [OPEN_AXIS, observationSize]);
      const phi = constantVector(layout, parameters());
      const { model } = lower({
        inputs: [{ tensor: observation, name: "observation" }],
        outputs: [{ tensor: policy.mean(phi, observation), name: "action" }],
        portable: true,
        dynamicBatch: OPEN_AXIS,
        metadata: { kind: "policy", architecture: JSON.stringify(architecture) },
      });
      return model;
    },
  };
}

/** Reads a policy that `motive export --safetensors` wrote. */
export function loadNetworkPolicy(path: string): NetworkPolicy {
  const { tensors, metadata } = loadSafetensors(path);
  if (metadata.kind !== "policy" || metadata.architecture === undefined) {
    throw new UserError(`${path}: no policy, its metadata says kind "${metadata.kind ?? "none"}"`);
  }
  const architecture = JSON.parse(metadata.architecture) as PolicyArchitecture;
  const { layout } = gaussianOf(architecture).network;
  const parameters = zeros(layout);
  for (const { entries } of layout.chunks) {
    for (const { name, shape } of entries) {
      const found = tensors[name];
      if (found === undefined || found.shape.join() !== shape.join()) {
        throw new UserError(`${path}: "${name}" has shape [${found?.shape.join(", ") ?? ""}], the policy needs [${shape.join(", ")}]`);
      }
      view(layout, parameters, name).values.set(found.values);
    }
  }
  return networkPolicy(architecture, () => parameters);
}
