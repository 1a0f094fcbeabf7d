import type { Holdout, Standardization } from "../../../agents/world-model/data.ts";
import { worldModel, type WorldModel } from "../../../agents/world-model/model.ts";
import { concatenate } from "../../../datasets/concatenate.ts";
import { setOfTrajectory, type TransitionSet } from "../../../datasets/transition-set.ts";
import { handMade } from "./hand-made.ts";

/** One member: the change of (position, velocity) and, with rewards, the reward, linear in (position, velocity, action). */
export interface LinearMember {
  /** [3][D], zero by default */
  readonly gain?: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly variance: readonly number[];
}

export interface LinearModelOptions {
  readonly members: readonly LinearMember[];
  readonly elites?: readonly number[];
  readonly standardization?: Standardization;
  readonly holdout?: Holdout;
}

/** A world model of Regulator-v0 whose members predict what is given, in the units of observations and rewards. */
export function linearModel({ members, elites, standardization, holdout }: LinearModelOptions): WorldModel {
  const outputs = members[0].bias.length;
  const model = handMade({
    environment: "Regulator-v0",
    observationSize: 2,
    actionSize: 1,
    rewards: outputs === 3,
    elites,
    standardization,
    members: members.map(({ gain = [], bias, variance }) => {
      if (standardization === undefined) return { matrix: gain, offset: bias, logVariance: variance.map(Math.log) };
      const { inputMean, inputScale, targetMean, targetScale } = standardization;
      const constant = (j: number): number => gain.reduce((sum, row, i) => sum + row[j] * inputMean[i], bias[j]);
      return {
        matrix: gain.map((row, i) => row.map((slope, j) => (slope * inputScale[i]) / targetScale[j])),
        offset: bias.map((_, j) => (constant(j) - targetMean[j]) / targetScale[j]),
        logVariance: variance.map((value, j) => Math.log(value) - 2 * Math.log(targetScale[j])),
      };
    }),
  });
  return worldModel({ ...model, ...(holdout && { holdout }) });
}

/** Episodes of (position, velocity) states, one more than actions (by default 0), that reach their time limit. */
export function setOf(
  episodes: readonly { readonly states: readonly (readonly number[])[]; readonly actions?: readonly number[]; readonly rewards?: readonly number[] }[],
): TransitionSet {
  return concatenate(
    episodes.map(({ states, actions, rewards }) => {
      const length = states.length - 1;
      return setOfTrajectory(
        {
          length,
          observations: Float32Array.from(states.slice(0, -1).flat()),
          nextObservations: Float32Array.from(states.slice(1).flat()),
          actions: Float32Array.from(actions ?? Array<number>(length).fill(0)),
          rewards: Float32Array.from(rewards ?? Array<number>(length).fill(0)),
          terminated: false,
          truncated: true,
        },
        "Regulator-v0",
      );
    }),
  );
}
