import type { EnvironmentSpec } from "../../envs/index.ts";
import { AVERAGING } from "../sac/config.ts";

/** The thesis's network (2.9.2), with the step size and batch of its public code; step sizes fall so that the run settles. */
const sac = {
  hidden: [64, 64],
  batchSize: 100,
  policyLearningRate: 1e-3,
  criticLearningRate: 1e-3,
  automaticTemperature: false,
  temperature: 0.1,
  randomSteps: 1_000,
  finalLearningRateFraction: 0.05,
  policyAveraging: AVERAGING,
};

const smoke = {
  steps: 4_000,
  agentTrajectories: 1,
  sac: { ...sac, hidden: [32, 32], batchSize: 32, randomSteps: 500, policyAveraging: 0 },
};

/** For robots whose first steps are not far from the expert's. */
const near = { finalRewardLearningRateFraction: 0.05, sac };

/**
 * For one that never falls, so that the reward's level is free, and that is far from its expert for long: a faster reward, or a
 * bound that is narrow, is flat where the agent is before the policy has moved.
 */
const far = {
  finalRewardLearningRateFraction: 0.05,
  policyEpisodes: 5,
  rewardBound: { value: 100 },
  gradientPenalty: { weight: 30, target: 2 },
  afterTermination: "stop",
  sac: { ...sac, temperature: 0.2 },
};

export function mlIrlPresets({ id }: EnvironmentSpec) {
  const isFar = id.startsWith("HalfCheetah");
  const settings = isFar ? far : near;
  return { smoke, quick: { ...settings, steps: 300_000 }, paper: { ...settings, steps: isFar ? 2_000_000 : 800_000 } };
}
