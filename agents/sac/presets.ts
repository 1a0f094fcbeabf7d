import type { EnvironmentSpec } from "../../envs/index.ts";

/**
 * A policy that is trained with constant or falling steps changes its gait within some thousand updates, and falls at some of
 * them; its average over so many does not.
 */
export const AVERAGING = 0.9998;

/** The thesis's network (2.9.2), with the step size, batch and fixed temperature of its public code: also IRL's policy solver. */
export const thesis = {
  hidden: [64, 64],
  batchSize: 100,
  policyLearningRate: 1e-3,
  criticLearningRate: 1e-3,
  automaticTemperature: false,
  policyAveraging: AVERAGING,
};

/** The networks of the thesis's public code and of most published SAC results, with a learned temperature. */
const large = {
  hidden: [256, 256],
  batchSize: 100,
  criticLearningRate: 1e-3,
  finalLearningRateFraction: 0.05,
  policyAveraging: AVERAGING,
};

const smoke = { steps: 3_000, randomSteps: 1_000, hidden: [32, 32], batchSize: 32 };

/** What differs from robot to robot, by the id without its version. */
const paper: Readonly<Record<string, object>> = {
  Hopper: { ...thesis, steps: 600_000, finalLearningRateFraction: 0.05 },
  HalfCheetah: { ...large, steps: 800_000 },
  Walker2d: { ...large, steps: 800_000 },
  Ant: { ...large, steps: 600_000 },
  // observations that reach thousands (inertias, contact forces) want smaller steps
  Humanoid: { ...large, criticLearningRate: 3e-4, steps: 600_000 },
  CustomAnt: { ...large, steps: 400_000 },
  DisabledAnt: { ...large, steps: 300_000 },
};

export function sacPresets({ id }: EnvironmentSpec) {
  return {
    smoke,
    quick: { ...thesis, steps: 200_000, finalLearningRateFraction: 0.1 },
    paper: paper[id.replace(/-v\d+$/, "")] ?? paper.Hopper,
  };
}
