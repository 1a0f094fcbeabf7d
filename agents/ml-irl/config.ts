import { z } from "zod";
import { sacSchema } from "../sac/config.ts";

/** The reward's network and step. */
export const rewardStepSchema = z.strictObject({
  rewardHidden: z.array(z.int().positive()).default([64, 64]).describe("hidden layer sizes of the reward network"),
  rewardActivation: z.enum(["relu", "tanh", "silu"]).default("relu").describe("activation of the reward network"),
  rewardStandardization: z
    .boolean()
    .default(false)
    .describe("the reward's step sees each input in standard deviations of expert and first agent trajectories together; false: in its units"),
  rewardBound: z
    .strictObject({
      kind: z.enum(["clamp", "tanh"]).default("clamp").describe("clamp cuts the output, tanh saturates smoothly"),
      value: z.number().positive().default(10).describe("largest |r|"),
    })
    .prefault({})
    .describe("bound of the reward"),
  rewardSteps: z.int().positive().default(10).describe("reward steps per iteration"),
  rewardLearningRate: z.number().positive().default(3e-4).describe("Adam step size of the reward"),
  finalRewardLearningRateFraction: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("the reward's step size falls linearly to this fraction at the end of the run; 1: constant"),
  rewardLevel: z
    .number()
    .default(2.5)
    .describe("what the mean reward of `rewardAnchor` is held at, with afterTermination=level: high enough that staying up pays"),
  rewardAnchor: z
    .enum(["expert", "agent"])
    .default("expert")
    .describe("whose mean reward `rewardLevel` is: the agent's, where it is so far from the expert that its own would be negative and falling would pay"),
  rewardBeta1: z.number().min(0).lt(1).default(0.9).describe("Adam's β₁ for the reward"),
  rewardL2: z.number().min(0).default(1e-3).describe("L2 penalty of the reward's weights (weight decay as in Adam)"),
  gradientPenalty: z
    .strictObject({
      weight: z.number().min(0).default(10).describe("per step of a trajectory, 0: no penalty"),
      target: z.number().min(0).default(1).describe("slope ‖∂r/∂x‖ up to which nothing is paid, x as the reward's step sees it"),
    })
    .prefault({})
    .describe("penalty on the reward's slope between expert and agent"),
});

export const mlIrlSchema = rewardStepSchema.extend({
  steps: z.int().positive().default(1_000_000).describe("environment steps, those of the reward's rollouts included"),
  trajectories: z.int().positive().default(1).describe("expert trajectories taken from the demonstrations"),
  rewardInput: z.enum(["state-action", "state"]).default("state-action").describe("r(s,a) or r(s)"),
  policyEpisodes: z.number().positive().default(1).describe("policy steps per iteration, in episodes of full length"),
  agentSamples: z
    .enum(["rollouts", "experience"])
    .default("experience")
    .describe("agent trajectories: fresh rollouts of the current policy (counted), or the solver's latest experience"),
  agentTrajectories: z.int().positive().default(5).describe("agent trajectories per iteration"),
  discounted: z.boolean().default(false).describe("weight step t of a trajectory by γᵗ (thesis, eq. 2.7) or all alike"),
  afterTermination: z
    .enum(["level", "stop", "continue", "absorbing"])
    .default("level")
    .describe(
      "after a fall: not compared, with the reward's level fixed; the trajectory ends; the simulation goes on; or an absorbing state with a learned reward",
    ),
  expertShare: z.number().min(0).lt(1).default(0).describe("share of the solver's minibatches that are the expert's transitions; their reward is the learned one"),
  sac: sacSchema.prefault({}).describe("the policy solver"),
});

export type RewardStepConfig = z.output<typeof rewardStepSchema>;
export type MlIrlConfig = z.output<typeof mlIrlSchema>;
