import { z } from "zod";
import { rewardStepSchema } from "../ml-irl/config.ts";
import { offlineSchema } from "../mopo/config.ts";

export const offlineMlIrlSchema = rewardStepSchema.extend({
  ...offlineSchema.shape,
  steps: z.int().positive().default(200_000).describe("policy updates"),
  trajectories: z.int().positive().default(5).describe("expert trajectories taken from the demonstrations"),
  rewardInput: z.enum(["state-action", "state"]).default("state-action").describe("r(s,a) or r(s)"),
  policySteps: z.int().positive().default(1_000).describe("policy updates per iteration"),
  agentSamples: z
    .enum(["rollouts", "experience"])
    .default("rollouts")
    .describe("agent trajectories: fresh rollouts of the current policy in the model, or the solver's latest ones"),
  agentTrajectories: z.int().positive().default(20).describe("agent trajectories per iteration"),
  agentHorizon: z.int().positive().default(200).describe("steps of an agent trajectory in the model"),
  agentStarts: z
    .enum(["first", "any", "both"])
    .default("both")
    .describe("where agent trajectories begin: at the expert's first states, at any of the expert's, or half of them each"),
  afterTermination: z
    .enum(["level", "stop", "absorbing"])
    .default("level")
    .describe("after a fall: not compared, with the reward's level fixed; the trajectory ends; or an absorbing state with a learned reward"),
  discounted: z.boolean().default(false).describe("weight step t of a trajectory by γᵗ (thesis, eq. 3.16) or all alike"),
  demonstrationsInData: z
    .boolean()
    .default(true)
    .describe("the expert's transitions also train the world model, start rollouts and fill minibatches"),
  modelExpertShare: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("share of the world model's minibatches that are the expert's transitions, which are few beside the dataset's"),
  expertShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of each minibatch that are the expert's transitions, beside the dataset's realShare"),
  expertStarts: z
    .number()
    .min(0)
    .max(1)
    .default(0.4)
    .describe("share of the solver's rollouts that begin in any of the expert's states; the rest begin in the dataset's"),
  firstStarts: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe("share of the solver's rollouts that begin where episodes do, of the dataset and of the expert"),
});

export type OfflineMlIrlConfig = z.output<typeof offlineMlIrlSchema>;
