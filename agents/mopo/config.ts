import { z } from "zod";
import { sacSchema } from "../sac/config.ts";
import { worldModelSchema } from "../world-model/config.ts";
import { penaltyKinds } from "../world-model/penalties.ts";

/** SAC in a world model: there is no exploration to begin with. */
const modelSacSchema = sacSchema.omit({ randomSteps: true }).extend({
  replayCapacity: z.int().positive().default(400_000).describe("transitions of the model that the replay buffer keeps"),
});

/** How a policy is optimised in a world model, also for algorithms that learn the reward. */
export const offlineSchema = z.strictObject({
  model: worldModelSchema.prefault({}).describe("the world model, where none is given with --model"),
  penalty: z
    .strictObject({
      kind: z.enum(penaltyKinds).default("max-aleatoric").describe("U(s,a): what counts as uncertain"),
      coefficient: z.number().min(0).default(1).describe("λ: the reward in the model is r − λ·U"),
      target: z
        .number()
        .min(0)
        .default(0)
        .describe("λ only begins at the coefficient, and is adapted until rollouts have this many times the mean U of the known transitions (the expert's, where there is one, else the dataset's); 0: λ stays"),
      rate: z.number().positive().default(1e-4).describe("what λ changes by, per step of the model, where U is twice its target"),
    })
    .prefault({})
    .describe("penalty for uncertain predictions"),
  rollouts: z
    .strictObject({
      horizon: z.int().positive().default(5).describe("steps h of a rollout in the model"),
      size: z.int().positive().default(400).describe("rollouts side by side"),
      noise: z
        .boolean()
        .default(true)
        .describe("next states are drawn from the model's Gaussians; false: they are the means of the chosen members"),
      knownShare: z
        .number()
        .gt(0)
        .max(1)
        .default(1)
        .describe("where members disagree more than in this share of the data's transitions, a rollout ends like a fall (MOReL's HALT state); 1: nowhere"),
      transitionsPerUpdate: z.int().positive().default(20).describe("transitions that the model gives per policy update"),
    })
    .prefault({})
    .describe("rollouts in the model, branched from the dataset's states"),
  realShare: z.number().min(0).max(1).default(0.05).describe("share of the dataset's transitions in each minibatch"),
  sac: modelSacSchema.prefault({}).describe("the policy solver"),
});

export const mopoSchema = offlineSchema.extend({
  steps: z.int().positive().default(300_000).describe("policy updates"),
});

export type OfflineConfig = z.output<typeof offlineSchema>;
export type MopoConfig = z.output<typeof mopoSchema>;
