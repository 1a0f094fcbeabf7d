import { z } from "zod";

/** How the world model is built and trained, also as the part `model` of algorithms that act in one. */
export const worldModelSchema = z.strictObject({
  members: z.int().positive().default(7).describe("networks of the ensemble"),
  elites: z.int().positive().default(5).describe("members with the smallest holdout error, which predict"),
  hidden: z.array(z.int().positive()).default([200, 200, 200, 200]).describe("hidden layer sizes of each member"),
  weightDecay: z
    .array(z.number().min(0))
    .default([2.5e-5, 5e-5, 7.5e-5, 7.5e-5, 1e-4])
    .describe("L2 penalty ½λ‖W‖² of each layer's weights, the output layer's last; a single number is for all layers"),
  learningRate: z.number().positive().default(1e-3).describe("Adam step size"),
  finalLearningRateFraction: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe("the step size falls linearly to this fraction at the last update; 1: constant"),
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("the mean's gradient is multiplied by σ^{2β}: 0 is the likelihood's own, 1 that of the squared error"),
  batchSize: z.int().positive().default(256).describe("transitions per member and update"),
  steps: z.int().positive().default(40_000).describe("updates at most"),
  measureEvery: z.int().positive().default(1_000).describe("updates between two measurements on the holdout"),
  patience: z
    .int()
    .positive()
    .default(5)
    .describe("measurements without an improvement of any member, after which training stops early"),
  improvement: z
    .number()
    .min(0)
    .default(0.01)
    .describe("by what share of its best holdout error a member's must fall to count as an improvement"),
  bootstrap: z
    .boolean()
    .default(true)
    .describe("each member learns from its own sample of the data, drawn with replacement; false: all from all"),
  holdoutFraction: z.number().gt(0).lt(1).default(0.05).describe("share of the data that is held out, as whole episodes"),
  holdoutRows: z.int().positive().default(20_000).describe("transitions held out at most"),
});

export const worldModelAgentSchema = worldModelSchema.extend({
  rewards: z.boolean().default(true).describe("also predict the dataset's reward"),
});

export type WorldModelConfig = z.output<typeof worldModelSchema>;
export type WorldModelAgentConfig = z.output<typeof worldModelAgentSchema>;
