import { ensemble } from "../../../agents/world-model/ensemble.ts";
import type { Holdout, Standardization } from "../../../agents/world-model/data.ts";
import { worldModel, type WorldModel } from "../../../agents/world-model/model.ts";
import { concatenate } from "../../../datasets/concatenate.ts";
import { setOfTrajectory, type TransitionSet } from "../../../datasets/transition-set.ts";
import { view, zeros } from "../../../src/nn/vector.ts";

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

const ones = (size: number): Float32Array => new Float32Array(size).fill(1);

/** A world model of Regulator-v0 without hidden layers, whose weights are set to what its members should predict. */
export function linearModel({ members, elites, standardization, holdout }: LinearModelOptions): WorldModel {
  const outputs = members[0].bias.length;
  const architecture = {
    environment: "Regulator-v0",
    observationSize: 2,
    actionSize: 1,
    members: members.length,
    hidden: [],
    rewards: outputs === 3,
  };
  const units = standardization ?? {
    inputMean: new Float32Array(3),
    inputScale: ones(3),
    targetMean: new Float32Array(outputs),
    targetScale: ones(outputs),
  };
  const { inputMean, inputScale, targetMean, targetScale } = units;
  const networks = ensemble(architecture);
  const { layout } = networks.network;
  const theta = zeros(layout);
  members.forEach(({ gain, bias, variance }, member) => {
    const prefix = members.length > 1 ? `member${member}/` : "";
    const weight = view(layout, theta, `${prefix}0/weight`).values;
    const offset = view(layout, theta, `${prefix}0/bias`).values;
    for (let j = 0; j < outputs; j++) {
      let constant = bias[j] - targetMean[j];
      for (let i = 0; i < 3; i++) {
        const slope = gain?.[i][j] ?? 0;
        weight[i * 2 * outputs + j] = (slope * inputScale[i]) / targetScale[j];
        constant += slope * inputMean[i];
      }
      offset[j] = constant / targetScale[j];
      offset[outputs + j] = Math.log(variance[j]) - 2 * Math.log(targetScale[j]);
    }
  });
  const bounds = zeros(networks.bounds);
  view(networks.bounds, bounds, "largest").values.fill(40);
  view(networks.bounds, bounds, "smallest").values.fill(-40);
  return worldModel({
    architecture,
    standardization: units,
    elites: elites ?? members.map((_, i) => i),
    holdoutErrors: members.map(() => 0),
    theta,
    bounds,
    ...(holdout && { holdout }),
  });
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
