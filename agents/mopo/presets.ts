import type { EnvironmentSpec } from "../../envs/index.ts";
import { AVERAGING } from "../sac/presets.ts";
import { smokeModel } from "../world-model/index.ts";

const smoke = {
  steps: 400,
  model: smokeModel,
  rollouts: { size: 50, horizon: 3, transitionsPerUpdate: 5 },
  sac: { hidden: [16, 16], batchSize: 32, replayCapacity: 5_000 },
};

/** λ and h of OfflineRL-Kit's MOPO on D4RL's version-2 sets, by robot and kind of set. */
const published: Readonly<Record<string, Readonly<Record<string, readonly [coefficient: number, horizon: number]>>>> = {
  HalfCheetah: { medium: [0.5, 5], "medium-replay": [0.5, 5], "medium-expert": [2.5, 5] },
  Hopper: { medium: [5, 5], "medium-replay": [2.5, 5], "medium-expert": [5, 5] },
  Walker2d: { medium: [0.5, 5], "medium-replay": [2.5, 1], "medium-expert": [2.5, 1] },
};

export function mopoPresets({ id }: EnvironmentSpec) {
  const robot = id.replace(/-v\d+$/, "");
  const sac = { policyLearningRate: 1e-4, finalLearningRateFraction: 0.05, policyAveraging: AVERAGING };
  const paper = { sac };
  const ofKind = Object.fromEntries(
    Object.entries(published[robot] ?? {}).map(([kind, [coefficient, horizon]]) => [
      kind,
      { ...paper, penalty: { kind: "max-aleatoric", coefficient }, rollouts: { horizon } },
    ]),
  );
  return {
    smoke,
    quick: { steps: 50_000, model: { members: 5, elites: 4, steps: 10_000 }, sac: { ...sac, hidden: [128, 128] } },
    paper,
    ...ofKind,
  };
}
