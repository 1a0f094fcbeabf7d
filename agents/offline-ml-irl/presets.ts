import type { EnvironmentSpec } from "../../envs/index.ts";
import { smokeModel } from "../world-model/index.ts";

const smoke = {
  steps: 400,
  trajectories: 1,
  policySteps: 100,
  agentTrajectories: 4,
  agentHorizon: 20,
  rewardHidden: [16],
  model: smokeModel,
  rollouts: { size: 50, horizon: 3, transitionsPerUpdate: 5 },
  sac: { hidden: [16, 16], batchSize: 32, replayCapacity: 5_000 },
};

export function offlineMlIrlPresets(_: EnvironmentSpec) {
  const paper = {};
  return { smoke, quick: { steps: 40_000, model: { members: 5, elites: 4, steps: 10_000 } }, paper };
}
