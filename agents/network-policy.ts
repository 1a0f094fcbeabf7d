import { UserError } from "../src/errors.ts";
import { gaussianPolicy, type GaussianPolicy } from "../src/nn/gaussian-policy.ts";
import * as op from "../src/nn/operations.ts";
import { lower } from "../src/nn/onnx/lower.ts";
import { compile } from "../src/nn/program.ts";
import { constantVector, views, zeros, view, type VectorValues } from "../src/nn/vector.ts";
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
  /** Actions for a batch: reads [B, O] observations and [B, A] standard normal noise (zeros for the mean). */
  actions(observations: Float32Array, noise: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** A batch size that no layer has: it marks the axis that an exported model leaves open. */
const OPEN_AXIS = 8191;

export const gaussianOf = (architecture: PolicyArchitecture): GaussianPolicy => gaussianPolicy(architecture);

/**
 * @param parameters the current φ, read whenever the policy acts
 * @param batchSize rows that {@link NetworkPolicy.actions} takes
 */
export async function networkPolicy(
  architecture: PolicyArchitecture,
  parameters: () => VectorValues,
  batchSize = 1,
): Promise<NetworkPolicy> {
  const { observationSize, actionSize } = architecture;
  const policy = gaussianOf(architecture);
  const { layout } = policy.network;
  const compileFor = (rows: number) =>
    compile({
      name: "policy",
      state: {},
      context: { phi: layout },
      batch: { observation: [rows, observationSize], noise: [rows, actionSize] },
      update: ({ context, batch }) => ({
        state: {},
        outputs: { action: policy.sample(context.phi, batch.observation, batch.noise).action },
      }),
    });
  const single = await compileFor(1);
  const batched = batchSize === 1 ? single : await compileFor(batchSize);
  return {
    kind: "policy",
    architecture,
    observationSize,
    actionSize,
    async act(observation, mode, random, action) {
      const [batch] = single.batches;
      batch.observation.set(observation);
      if (mode === "sample") random.fillNormal(batch.noise);
      else batch.noise.fill(0);
      action.set((await single.run({ phi: parameters() })).action);
    },
    async actions(observations, noise) {
      const [batch] = batched.batches;
      batch.observation.set(observations);
      batch.noise.set(noise);
      return (await batched.run({ phi: parameters() })).action;
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
    async close() {
      await single.dispose();
      if (batched !== single) await batched.dispose();
    },
  };
}

/** Reads a policy that `motive export --safetensors` wrote. */
export async function loadNetworkPolicy(path: string): Promise<NetworkPolicy> {
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
