import { adam, momentLayouts } from "../../src/nn/adam.ts";
import type { Executor } from "../../src/nn/executor.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import { arrayName } from "../../src/nn/network.ts";
import { gradientVector, view, zeros } from "../../src/nn/vector.ts";
import type { Random } from "../../src/random/index.ts";
import { combine, select } from "../../src/runs/snapshot.ts";
import type { RewardLearner, TrajectoryRows } from "../reward-learner.ts";
import { learnedReward, type RewardNetwork } from "../reward-network.ts";
import type { RewardStepConfig } from "./config.ts";
import { gradientPenalty, likelihoodSurrogate } from "./loss.ts";
import { foldStandardization, standardizationOf, standardizeRows, type InputStandardization } from "./standardization.ts";

/** Rows between expert and agent on which the gradient penalty is measured. */
const PENALTY_ROWS = 256;

export interface MlIrlLearnerOptions {
  readonly network: RewardNetwork;
  readonly config: RewardStepConfig;
  /** The most rows that a batch of agent or expert trajectories has. */
  readonly agentRows: number;
  readonly expertRows: number;
  /** What the mean reward of the configuration's anchor is held at; undefined leaves the level to the likelihood. */
  readonly level?: number;
  /** Reward steps of the whole run, over which the step size may fall. */
  readonly totalSteps: number;
  readonly random: Random;
  readonly executor?: Executor;
}

/** The reward step of ML-IRL (thesis, algorithm 2): θ ← θ + α·gₖ by Adam. */
export async function mlIrlLearner({ network, config, agentRows, expertRows, level, totalSteps, random, executor }: MlIrlLearnerOptions): Promise<RewardLearner> {
  const { layout, inputSize } = network;
  const { rewardSteps, rewardLearningRate, finalRewardLearningRateFraction: final, gradientPenalty: penalty } = config;
  const anchor = config.rewardAnchor === "agent" ? "agentReward" : "expertReward";
  const optimizer = adam({
    learningRate: (step) => rewardLearningRate * (1 - (1 - final) * Math.min(1, step / totalSteps)),
    beta1: config.rewardBeta1,
    l2: config.rewardL2,
  });
  const penalised = penalty.weight > 0;
  // the last row of each side is the absorbing state
  const update = await compile(
    {
      name: "ML-IRL reward step",
      state: { theta: layout, ...momentLayouts("theta", layout) },
      batch: {
        agent: [agentRows + 1, inputSize],
        agentWeight: [agentRows + 1, 1],
        expert: [expertRows + 1, inputSize],
        expertWeight: [expertRows + 1, 1],
        ...(penalised && { between: [PENALTY_ROWS, inputSize] }),
      } as Record<"agent" | "agentWeight" | "expert" | "expertWeight" | "between", readonly number[]>,
      optimizers: { reward: optimizer },
      update({ state, batch, optimizer: coefficients }) {
        const agentReward = network.value(state.theta, batch.agent);
        const expertReward = network.value(state.theta, batch.expert);
        const L = likelihoodSurrogate(agentReward, batch.agentWeight, expertReward, batch.expertWeight);
        const P = penalised
          ? gradientPenalty(network.value(state.theta, batch.between), batch.between, penalty.target)
          : undefined;
        // L sums over the steps of a trajectory, so the penalty is paid per step too
        const J = P === undefined ? L : op.add(L, op.mul(op.mul(P, penalty.weight), op.sum(batch.expertWeight)));
        const { theta, moments } = optimizer.step(
          state.theta,
          gradientVector(J, state.theta),
          { first: state["theta.m"], second: state["theta.v"] },
          coefficients.reward,
        );
        const average = (reward: typeof L, weight: typeof L): typeof L =>
          op.div(op.sum(op.mul(reward, weight)), op.sum(weight));
        return {
          state: { theta, "theta.m": moments.first, "theta.v": moments.second },
          outputs: {
            rewardLoss: L,
            expertReward: average(expertReward, batch.expertWeight),
            agentReward: average(agentReward, batch.agentWeight),
            ...(P !== undefined && { gradientPenalty: P }),
          } as Record<string, typeof L>,
        };
      },
    },
    executor,
  );
  update.setState("theta", network.initialize(random.split("reward weights")));
  const mixing = random.split("gradient penalty");
  // that of the first rows; θ is learned on inputs standardised by it, and used folded, on raw ones
  let standardization: InputStandardization | undefined;
  const folded = zeros(layout);
  const fold = (): void => {
    if (standardization !== undefined) foldStandardization(network, update.state("theta"), standardization, folded);
  };
  const reward = learnedReward(network, () => (standardization === undefined ? update.state("theta") : folded));

  const fill = (rows: Float32Array, weights: Float32Array, capacity: number, from: TrajectoryRows): void => {
    if (from.weights.length > capacity) throw new Error(`${from.weights.length} rows do not fit into ${capacity}`);
    rows.fill(0);
    weights.fill(0);
    network.fillRows(rows, 0, from.observations, from.actions);
    weights.set(from.weights);
    if (network.architecture.absorbing) network.fillAbsorbing(rows, capacity);
    weights[capacity] = from.absorbingWeight;
  };

  const standardize = ({ expert, agent }: (typeof update.batches)[number], expertCount: number, agentCount: number): void => {
    const tables = [
      { rows: expert, count: expertCount },
      { rows: agent, count: agentCount },
    ];
    standardization ??= standardizationOf(tables, inputSize);
    for (const table of tables) {
      standardizeRows(table, standardization);
      const last = table.rows.subarray(table.rows.length - inputSize);
      if (network.architecture.absorbing) standardizeRows({ rows: last, count: 1 }, standardization);
    }
  };

  /** The last bias shifts all rewards alike, which an average over equally many steps does not see. */
  const holdLevel = (mean: number): void => {
    if (level === undefined) return;
    const bias = arrayName(1, 0, network.architecture.hidden.length, "bias");
    view(layout, update.state("theta"), bias).values[0] += level - mean;
  };

  const mix = (batch: (typeof update.batches)[number], expertCount: number, agentCount: number): void => {
    for (let i = 0; i < PENALTY_ROWS; i++) {
      const e = mixing.integer(expertCount) * inputSize;
      const a = mixing.integer(agentCount) * inputSize;
      const share = mixing.uniform();
      for (let j = 0; j < inputSize; j++) {
        batch.between[i * inputSize + j] = share * batch.expert[e + j] + (1 - share) * batch.agent[a + j];
      }
    }
  };

  return {
    reward,
    async update(expert, agent) {
      const [batch] = update.batches;
      fill(batch.agent, batch.agentWeight, agentRows, agent);
      fill(batch.expert, batch.expertWeight, expertRows, expert);
      if (config.rewardStandardization) standardize(batch, expert.weights.length, agent.weights.length);
      let outputs: Readonly<Record<string, Float32Array>> = {};
      for (let step = 0; step < rewardSteps; step++) {
        if (penalised) mix(batch, expert.weights.length, agent.weights.length);
        outputs = await update.run();
        holdLevel(outputs[anchor][0]);
      }
      fold();
      return Object.fromEntries(Object.entries(outputs).map(([name, [value]]) => [name, value]));
    },
    snapshot: () =>
      combine({
        update: update.snapshot(),
        mixing: { arrays: {}, values: { state: mixing.state() } },
        ...(standardization && { standardization: { arrays: { ...standardization }, values: {} } }),
      }),
    restore(snapshot) {
      update.restore(select(snapshot, "update"));
      mixing.restore(select(snapshot, "mixing").values.state as number[]);
      if ("standardization/mean" in snapshot.arrays) {
        const { mean, scale } = select(snapshot, "standardization").arrays;
        standardization = { mean: Float32Array.from(mean), scale: Float32Array.from(scale) };
      }
      fold();
    },
    close: () => update.dispose(),
  };
}
