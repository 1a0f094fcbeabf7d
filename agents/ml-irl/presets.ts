import type { EnvironmentSpec } from "../../envs/index.ts";
import { thesis } from "../sac/presets.ts";

/** Its step sizes fall, so that the run settles. */
const sac = { ...thesis, temperature: 0.1, randomSteps: 1_000, finalLearningRateFraction: 0.05 };

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
