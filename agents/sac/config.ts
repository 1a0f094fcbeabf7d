import { z } from "zod";

const layers = z.array(z.int().positive());

/** What the solver needs, also as the part `sac` of algorithms that improve their policy with it. */
export const sacSchema = z.strictObject({
  hidden: layers.default([256, 256]).describe("hidden layer sizes of policy and critics"),
  activation: z.enum(["relu", "tanh", "silu"]).default("relu").describe("activation of policy and critics"),
  criticLayerNorm: z.boolean().default(false).describe("layer normalisation in the critics: keeps values of actions that no data has from growing"),
  batchSize: z.int().positive().default(256).describe("transitions per update"),
  policyLearningRate: z.number().positive().default(3e-4).describe("Adam step size of the policy"),
  criticLearningRate: z.number().positive().default(3e-4).describe("Adam step size of the critics"),
  temperatureLearningRate: z.number().positive().default(3e-4).describe("Adam step size of log α (automatic temperature)"),
  finalLearningRateFraction: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("step sizes of policy and critics fall linearly to this fraction at the end of the run; 1: constant"),
  gamma: z.number().min(0).lt(1).default(0.99).describe("discount factor γ"),
  polyak: z.number().min(0).max(1).default(0.995).describe("ρ of the target critics: ρ·target + (1−ρ)·critic per update"),
  policyAveraging: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("ρ of the policy that the run measures and saves, an average over its updates: ρ·average + (1−ρ)·policy; 0: the policy itself"),
  automaticTemperature: z.boolean().default(true).describe("learn α for a target entropy; false: α stays at `temperature`"),
  temperature: z.number().positive().default(0.2).describe("entropy temperature α, or its first value when it is learned"),
  targetEntropy: z.number().optional().describe("target entropy H̄ in nats, of actions scaled to [−1,1]; default −dim(A)"),
  randomSteps: z.int().min(0).default(5_000).describe("first steps without updates, with uniformly random actions; in a run that goes on from networks, with theirs"),
  replayCapacity: z.int().positive().default(1_000_000).describe("transitions that the replay buffer keeps"),
  executor: z
    .string()
    .default("onnx")
    .describe("what updates run on: onnx, or the package of an installed TensorFlow.js backend (@tensorflow/tfjs-node-gpu)"),
  updatesPerRun: z.int().positive().default(10).describe("steps between bursts of as many updates (one update per step)"),
});

export const sacAgentSchema = sacSchema.extend({
  steps: z.int().positive().default(1_000_000).describe("environment steps"),
  datasetShare: z.number().gt(0).lt(1).default(0.5).describe("share of the dataset's transitions in each minibatch, where one is given with --dataset"),
});

export type SacConfig = z.output<typeof sacSchema>;
export type SacAgentConfig = z.output<typeof sacAgentSchema>;
