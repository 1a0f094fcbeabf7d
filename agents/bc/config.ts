import { z } from "zod";

export const bcSchema = z.strictObject({
  steps: z.int().positive().default(20_000).describe("gradient steps"),
  trajectories: z.int().positive().default(1).describe("expert trajectories taken from the demonstrations"),
  loss: z
    .enum(["likelihood", "mean-square"])
    .default("likelihood")
    .describe("−log π(a|s) of the squashed Gaussian, or the squared error of its mean action"),
  hidden: z.array(z.int().positive()).default([64, 64]).describe("hidden layer sizes of the policy"),
  activation: z.enum(["relu", "tanh", "silu"]).default("relu").describe("activation of the policy"),
  batchSize: z.int().positive().default(256).describe("state-action pairs per gradient step"),
  learningRate: z.number().positive().default(1e-3).describe("Adam step size"),
  l2: z.number().min(0).default(0).describe("L2 penalty of the weights"),
});

export type BcConfig = z.output<typeof bcSchema>;
