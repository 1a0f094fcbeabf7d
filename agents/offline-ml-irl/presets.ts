import type { EnvironmentSpec } from "../../envs/index.ts";
import { thesis } from "../sac/presets.ts";
import { smokeModel } from "../world-model/index.ts";
import type { PenaltyKind } from "../world-model/penalties.ts";

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

interface Published {
  readonly members: number;
  /** λ */
  readonly coefficient: number;
  /** h */
  readonly horizon: number;
  readonly kind: PenaltyKind;
}

/** N, λ, h and U of the thesis's public code (Cloud0723/Offline-MLIRL, `args_yml/model_base_IRL`), by robot and kind of set. */
const published: Readonly<Record<string, Readonly<Record<string, Published>>>> = {
  HalfCheetah: {
    medium: { members: 7, coefficient: 5.92, horizon: 6, kind: "ensemble-variance" },
    "medium-replay": { members: 11, coefficient: 0.96, horizon: 37, kind: "ensemble-variance" },
    "medium-expert": { members: 7, coefficient: 4.56, horizon: 5, kind: "max-aleatoric" },
  },
  Hopper: {
    medium: { members: 7, coefficient: 37.28, horizon: 43, kind: "ensemble-standard-deviation" },
    "medium-replay": { members: 7, coefficient: 5.9, horizon: 43, kind: "max-aleatoric" },
    "medium-expert": { members: 12, coefficient: 5.9, horizon: 43, kind: "max-aleatoric" },
  },
  Walker2d: {
    medium: { members: 8, coefficient: 0.99, horizon: 37, kind: "ensemble-standard-deviation" },
    "medium-replay": { members: 13, coefficient: 0.99, horizon: 37, kind: "ensemble-standard-deviation" },
    "medium-expert": { members: 12, coefficient: 0.99, horizon: 37, kind: "ensemble-standard-deviation" },
  },
};

export function offlineMlIrlPresets({ id }: EnvironmentSpec) {
  // three layers, as CleanIL has
  const model = { hidden: [200, 200, 200], weightDecay: [2.5e-5, 5e-5, 7.5e-5, 1e-4], steps: 20_000 };
  // what online ML-IRL's policy solver measured best with (agents/ml-irl), in rollouts of a model's means
  const falling = {
    finalRewardLearningRateFraction: 0.05,
    rewardSteps: 10,
    realShare: 0.3,
    agentTrajectories: 50,
    agentHorizon: 100,
    rollouts: { noise: false, horizon: 20 },
    model,
    penalty: { kind: "ensemble-standard-deviation", coefficient: 2 },
    sac: { ...thesis, temperature: 0.1, finalLearningRateFraction: 0.05 },
  };
  const ofKind = Object.fromEntries(
    Object.entries(published[id.replace(/-v\d+$/, "")] ?? {}).map(([kind, { members, coefficient, horizon, kind: U }]) => [
      kind,
      { ...falling, model: { ...model, members }, penalty: { kind: U, coefficient }, rollouts: { ...falling.rollouts, horizon } },
    ]),
  );
  return {
    smoke,
    quick: { ...falling, steps: 40_000, model: { ...model, members: 5, elites: 4, steps: 10_000 } },
    paper: { ...falling, steps: 400_000 },
    ...ofKind,
  };
}
