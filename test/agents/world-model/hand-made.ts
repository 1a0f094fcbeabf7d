import type { Standardization } from "../../../agents/world-model/data.ts";
import { ensemble, targetSize, type WorldModelArchitecture } from "../../../agents/world-model/ensemble.ts";
import { worldModel, type WorldModel } from "../../../agents/world-model/model.ts";
import { splitEpisodes, type TransitionSet } from "../../../datasets/transition-set.ts";
import { view, zeros } from "../../../src/nn/vector.ts";

/** A member of which every number is known: changes (s′ − s, r) = Mᵀ(s, a) + b, with log variances that never change. */
export interface LinearMember {
  /** One row of D numbers for each number of (s, a); zeros for those left out. */
  readonly matrix?: readonly (readonly number[])[];
  readonly offset?: readonly number[];
  /** [D], or one for all; next to no noise by default */
  readonly logVariance?: number | readonly number[];
}

export interface HandMadeOptions extends Pick<WorldModelArchitecture, "environment" | "observationSize" | "actionSize"> {
  readonly members: readonly LinearMember[];
  readonly rewards?: boolean;
  /** All by default. */
  readonly elites?: readonly number[];
  /** By default mean 0 and scale 1. */
  readonly standardization?: Partial<Standardization>;
}

/** σ of e⁻³⁵: it changes no number. */
const CERTAIN = -70;

/** A world model of linear members; its bounds of log σ² are so wide that they change nothing. */
export function handMade({ members, rewards = false, elites, standardization, ...sizes }: HandMadeOptions): WorldModel {
  const architecture = { ...sizes, rewards, members: members.length, hidden: [] };
  const { network } = ensemble(architecture);
  const { observationSize, actionSize } = sizes;
  const outputs = targetSize(architecture);
  const theta = zeros(network.layout);
  members.forEach(({ matrix = [], offset = [], logVariance = CERTAIN }, member) => {
    const prefix = members.length > 1 ? `member${member}/` : "";
    const weight = view(network.layout, theta, `${prefix}0/weight`).values;
    matrix.forEach((row, i) => weight.set(row, i * 2 * outputs));
    const bias = view(network.layout, theta, `${prefix}0/bias`).values;
    bias.set(offset);
    for (let j = 0; j < outputs; j++) bias[outputs + j] = typeof logVariance === "number" ? logVariance : logVariance[j];
  });
  const ones = (count: number): Float32Array => new Float32Array(count).fill(1);
  return worldModel({
    architecture,
    theta,
    bounds: [Float32Array.from({ length: 2 * outputs }, (_, i) => (i < outputs ? 100 : -100))],
    standardization: {
      inputMean: new Float32Array(observationSize + actionSize),
      inputScale: ones(observationSize + actionSize),
      targetMean: new Float32Array(outputs),
      targetScale: ones(outputs),
      ...standardization,
    },
    elites: elites ?? members.map((_, i) => i),
    holdoutErrors: members.map(() => 1),
    holdout: { rows: 0, ranges: [] },
  });
}

/** The regulator's changes of (position, velocity), as they are, and a reward 2·position − action. */
export const regulatorMember: LinearMember = {
  matrix: [
    [0, 0, 2],
    [0.1, 0, 0],
    [0.05, 0.5, -1],
  ],
};

/** The regulator without rewards. */
export const regulatorChanges: LinearMember = { matrix: regulatorMember.matrix!.map((row) => row.slice(0, 2)) };

export interface SetOptions {
  readonly observationSize: number;
  readonly actionSize: number;
  /** Lengths of the episodes, which all end by time. */
  readonly lengths: readonly number[];
  readonly unknown?: readonly number[];
  readonly terminal?: readonly number[];
  /** Numbers of a row. */
  row(index: number): {
    readonly observation: readonly number[];
    readonly action: readonly number[];
    readonly next: readonly number[];
    readonly reward?: number;
  };
}

/** A set whose numbers are given row by row. */
export function setOf({ observationSize, actionSize, lengths, unknown, terminal = [], row }: SetOptions): TransitionSet {
  const size = lengths.reduce((a, b) => a + b, 0);
  const terminals = new Uint8Array(size);
  const timeouts = new Uint8Array(size);
  for (const index of terminal) terminals[index] = 1;
  let end = 0;
  for (const length of lengths) {
    end += length;
    if (terminals[end - 1] === 0) timeouts[end - 1] = 1;
  }
  const set = {
    observationSize,
    actionSize,
    size,
    observations: new Float32Array(size * observationSize),
    actions: new Float32Array(size * actionSize),
    rewards: new Float32Array(size),
    nextObservations: new Float32Array(size * observationSize),
    terminals,
    timeouts,
    infos: {},
    episodes: splitEpisodes(terminals, timeouts),
    metadata: {},
    ...(unknown && { unknownNextObservations: Uint8Array.from({ length: size }, (_, i) => (unknown.includes(i) ? 1 : 0)) }),
  };
  for (let i = 0; i < size; i++) {
    const { observation, action, next, reward = 0 } = row(i);
    set.observations.set(observation, i * observationSize);
    set.actions.set(action, i * actionSize);
    set.nextObservations.set(next, i * observationSize);
    set.rewards[i] = reward;
  }
  return set;
}
