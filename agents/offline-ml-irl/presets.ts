import type { EnvironmentSpec } from "../../envs/index.ts";
import { thesis } from "../sac/presets.ts";
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

/** Three layers, as CleanIL has. */
const model = { members: 5, hidden: [200, 200, 200], weightDecay: [2.5e-5, 5e-5, 7.5e-5, 1e-4], steps: 15_000 };

/**
 * For robots that fall, in rollouts of a model's means that are long enough to hold the falls of the policy itself: after 20 steps
 * from the data's states it has not drifted anywhere yet, and nothing tells it that it will.
 */
const falling = {
  steps: 80_000,
  finalRewardLearningRateFraction: 0.05,
  rewardSteps: 10,
  gradientPenalty: { target: 0, weight: 0.3 },
  realShare: 0.3,
  agentTrajectories: 25,
  agentHorizon: 200,
  rollouts: { noise: false, size: 200, horizon: 300 },
  model,
  sac: { ...thesis, hidden: [256, 256], criticLayerNorm: true, criticLearningRate: 3e-4, temperature: 0.1, finalLearningRateFraction: 0.05 },
};

/**
 * For one that never falls and may end on its back, of which its data hold nothing: rollouts end where the model does not know. A
 * linear reward, as online (agents/ml-irl), and small networks, which are fast enough for the many updates that its speed takes.
 */
const running = {
  steps: 400_000,
  rewardHidden: [],
  rewardStandardization: true,
  rewardLearningRate: 1e-3,
  finalRewardLearningRateFraction: 0.05,
  rewardBound: { value: 100 },
  rewardAnchor: "agent",
  rewardLevel: 8,
  gradientPenalty: { target: 0, weight: 0.03 },
  realShare: 0.3,
  expertShare: 0.25,
  expertStarts: 0.4,
  firstStarts: 0.3,
  agentTrajectories: 50,
  agentHorizon: 100,
  rollouts: { size: 200, horizon: 300, transitionsPerUpdate: 5, knownShare: 0.998 },
  model: { members: 5, steps: 60_000 },
  penalty: { kind: "disagreement", coefficient: 2 },
  sac: { ...thesis, automaticTemperature: true, temperature: 0.1, finalLearningRateFraction: 0.05 },
};

/**
 * The same where few transitions are like the expert's, by the recipe of the online run: its reward, in raw units, and what is learned from
 * is the policy's own rollouts, of few episodes side by side, so that what it gets to after hundreds of steps is not long out of date.
 */
const runningFar = {
  ...running,
  rewardStandardization: false,
  rewardLearningRate: 5e-3,
  gradientPenalty: { target: 2 },
  realShare: 0.05,
  expertShare: 0,
  expertStarts: 0.2,
  firstStarts: 0.6,
  agentStarts: "first",
  agentTrajectories: 25,
  agentHorizon: 200,
  rollouts: { size: 20, horizon: 500, transitionsPerUpdate: 2, knownShare: 0.9995 },
  penalty: { kind: "disagreement", coefficient: 0.3 },
  sac: { ...running.sac, criticLayerNorm: true },
};

/** Five demonstrations among a million other transitions: a minibatch of the world model would hold one of theirs. */
const rareExpert = { modelExpertShare: 0.1 };

/** No limit, and a λ that keeps it upright without one. */
const cautious = { rollouts: { ...runningFar.rollouts, knownShare: 1 }, penalty: { kind: "disagreement", coefficient: 1.5 } };

/** Where the data are far from the expert λ·U takes half of a step's reward and more, and its level has to be well above. */
const farData = { rewardLevel: 5 };

/** Whole episodes: of 300 steps, rollouts on Hopper's medium set missed falls after 500. */
const wholeEpisodes = { rollouts: { ...falling.rollouts, horizon: 1000 } };

/**
 * Few transitions like the expert's, and a gait that falls where the model is wrong about it: a model that knows the demonstrations
 * well, drawn next states, a λ that holds the policy to what members agree on, and more rollouts from where episodes begin.
 */
const fallingFar = {
  ...farData,
  modelExpertShare: 0.25,
  model: { members: 5, steps: 40_000 },
  rollouts: { ...falling.rollouts, noise: true },
  penalty: { kind: "disagreement", coefficient: 2 },
  firstStarts: 0.3,
};

/**
 * By robot and kind of set. On Hopper's medium-replay and medium-expert U and λ are those of the thesis's public code
 * (Cloud0723/Offline-MLIRL, `args_yml/model_base_IRL`); the others are ours, docs/algorithms/offline-ml-irl.md compares them.
 */
const robots: Readonly<Record<string, { readonly shared: object; readonly kinds: Readonly<Record<string, object>> }>> = {
  Hopper: {
    shared: { ...falling, penalty: { kind: "max-aleatoric", coefficient: 5.9 } },
    kinds: { medium: { ...farData, ...wholeEpisodes }, "medium-replay": { ...farData, model: { ...model, steps: 10_000 } }, "medium-expert": {} },
  },
  HalfCheetah: {
    shared: running,
    kinds: {
      medium: { ...runningFar, ...rareExpert, ...cautious, steps: 200_000, model: { members: 5, steps: 40_000 } },
      "medium-replay": runningFar,
      "medium-expert": {},
    },
  },
  Walker2d: {
    shared: { ...falling, model: { ...model, steps: 20_000 }, penalty: { kind: "max-aleatoric", coefficient: 1 } },
    kinds: {
      medium: fallingFar,
      "medium-replay": fallingFar,
      "medium-expert": {},
    },
  },
};

export function offlineMlIrlPresets({ id }: EnvironmentSpec) {
  const { shared, kinds } = robots[id.replace(/-v\d+$/, "")] ?? { shared: robots.Hopper.shared, kinds: {} };
  const ofKind = Object.entries(kinds).map(([kind, settings]) => [kind, { ...shared, ...settings }] as const);
  return {
    smoke,
    quick: { ...shared, steps: 40_000, model: { ...model, steps: 6_000 } },
    paper: shared,
    ...Object.fromEntries(ofKind),
  };
}
