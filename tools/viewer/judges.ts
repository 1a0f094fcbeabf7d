import type { LearnedReward } from "../../agents/reward-network.ts";
import { rewardValue } from "../../agents/reward-value.ts";
import { modelStep, type WorldModel } from "../../agents/world-model/model.ts";
import type { PenaltyKind } from "../../agents/world-model/penalties.ts";
import type { EnvironmentDescription } from "../../envs/index.ts";
import type { Channel } from "../../src/viewer/scene.ts";

/** One step as judges see it. */
export interface JudgedStep {
  readonly observation: ArrayLike<number>;
  readonly action: ArrayLike<number>;
  /** The environment's own; NaN where it is not known. */
  readonly reward: number;
  readonly info: Readonly<Record<string, number>>;
}

/** Says numbers about steps, one per channel. */
export interface Judge {
  readonly channels: readonly Channel[];
  judge(step: JudgedStep): readonly number[] | Promise<readonly number[]>;
  close?(): void;
}

/** The environment's own reward, and the terms that it is the sum of. */
export function environmentJudge({ task }: EnvironmentDescription): Judge {
  const terms = task.reward.map(({ name, formula }): Channel => ({ id: name, label: name.replace(/^reward_/, ""), role: "term", formula }));
  return {
    channels: [{ id: "true", label: "true reward", role: "true", formula: task.reward.map(({ name }) => name).join(" + ") }, ...terms],
    judge: ({ reward, info }) => [reward, ...terms.map(({ id }) => info[id] ?? NaN)],
  };
}

export function rewardJudge(reward: LearnedReward): Judge {
  const value = rewardValue(reward);
  const formula = reward.network.architecture.input === "state" ? "r(s; θ)" : "r(s, a; θ)";
  return {
    channels: [{ id: "learned", label: "learned reward", role: "learned", formula }],
    judge: ({ observation, action }) => [value(observation, action)],
  };
}

/** U(s, a): how uncertain a world model is about what follows. */
export async function penaltyJudge(model: WorldModel, kind: PenaltyKind): Promise<Judge> {
  const step = await modelStep(model, { size: 1, penalty: kind });
  step.choose([0]);
  return {
    channels: [{ id: "penalty", label: "uncertainty U", role: "penalty", formula: `U(s, a): ${kind}` }],
    async judge({ observation, action }) {
      step.observation.set(observation);
      step.action.set(action);
      const { penalty } = await step.run();
      return [penalty[0]];
    },
    close: () => void step.dispose(),
  };
}

/** Several judges as one, their channels one after the other. */
export function panel(judges: readonly Judge[]): Judge {
  return {
    channels: judges.flatMap(({ channels }) => channels),
    async judge(step) {
      const verdicts: number[] = [];
      for (const judge of judges) verdicts.push(...(await judge.judge(step)));
      return verdicts;
    },
    close() {
      for (const judge of judges) judge.close?.();
    },
  };
}
