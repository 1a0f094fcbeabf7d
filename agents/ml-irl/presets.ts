import type { EnvironmentSpec } from "../../envs/index.ts";
import { thesis } from "../sac/presets.ts";

/** Its step sizes fall, so that the run settles. */
const sac = { ...thesis, temperature: 0.1, randomSteps: 1_000, finalLearningRateFraction: 0.05 };

const smoke = {
  steps: 4_000,
  agentTrajectories: 1,
  sac: { ...sac, hidden: [32, 32], batchSize: 32, randomSteps: 500, policyAveraging: 0 },
};

/** A solver as large as SAC with the true reward needs, whose critics keep values of unseen actions from growing. */
const normalized = { hidden: [256, 256], criticLayerNorm: true, criticLearningRate: 3e-4 };

/** For robots whose first steps are not far from the expert's. */
const near = { finalRewardLearningRateFraction: 0.05, sac };

/**
 * For one that is far from its expert and can fall: staying up must pay where the agent is, and the expert's transitions show it where
 * more is to be had. Networks are those that SAC with the true reward needs; the critics, asked for actions that only the expert
 * took, must not let their values grow.
 */
const farAndFalling = {
  finalRewardLearningRateFraction: 0.05,
  rewardSteps: 5,
  rewardBound: { value: 100 },
  rewardAnchor: "agent",
  expertShare: 0.25,
  sac: { ...sac, ...normalized },
};

/** Inertias and contact forces reach thousands, where a slope in raw units is a wall. */
const largeInputs = {
  ...farAndFalling,
  rewardStandardization: true,
  sac: { ...farAndFalling.sac, policyLearningRate: 3e-4 },
};

/**
 * A linear reward, for one that never falls and is far from its expert, or whose expert has another body. A network may
 * pay for legs as fast as the expert's, which are to be had on the spot; a linear one weighs mean against mean.
 */
const linear = {
  rewardHidden: [],
  rewardLearningRate: 5e-3,
  finalRewardLearningRateFraction: 0.05,
  rewardBound: { value: 100 },
  rewardAnchor: "agent",
  gradientPenalty: { target: 2 },
  sac: { ...sac, automaticTemperature: true },
};

/** Episodes of 500 steps, and networks as SAC with the true reward has. */
const linearAnt = {
  ...linear,
  policyEpisodes: 2,
  sac: { ...linear.sac, ...normalized },
};

/** Settings, and the steps of the paper preset, by the robot's name. */
const robots: Readonly<Record<string, readonly [settings: object, steps: number]>> = {
  HalfCheetah: [linear, 2_000_000],
  Walker2d: [farAndFalling, 400_000],
  Ant: [farAndFalling, 400_000],
  Humanoid: [largeInputs, 300_000],
  CustomAnt: [linearAnt, 100_000],
  DisabledAnt: [linearAnt, 150_000],
};

export function mlIrlPresets({ id }: EnvironmentSpec) {
  const [settings, steps] = robots[id.replace(/-v\d+$/, "")] ?? [near, 1_000_000];
  return { smoke, quick: { ...settings, steps: Math.min(steps, 300_000) }, paper: { ...settings, steps } };
}
