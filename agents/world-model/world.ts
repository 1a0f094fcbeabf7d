import { make, terminationOf } from "../../envs/index.ts";
import type { Random } from "../../src/random/index.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Metrics } from "../trainer.ts";
import type { World } from "../world.ts";
import { modelStep, type ModelStep, type WorldModel } from "./model.ts";
import type { PenaltyKind } from "./penalties.ts";

/** States that rollouts start from. */
export interface StartStates {
  /** Writes the observation of a start state. */
  draw(random: Random, observation: Float32Array): void;
}

/** Rows of several tables of observations [N, O], each table chosen with its share. */
export function startStates(
  tables: readonly { readonly observations: Float32Array; readonly share: number }[],
  observationSize: number,
): StartStates {
  return {
    draw(random, observation) {
      let rest = random.uniform() * tables.reduce((sum, { share }) => sum + share, 0);
      const chosen = tables.find(({ share }) => (rest -= share) < 0) ?? tables[tables.length - 1];
      const row = random.integer(chosen.observations.length / observationSize) * observationSize;
      observation.set(chosen.observations.subarray(row, row + observationSize));
    },
  };
}

/**
 * A rollout that leaves the data this far behind, in standard deviations of any component of the observation, is cut: what
 * the networks say there means nothing, and states fed back to them may grow without bound.
 */
export const OBSERVATION_RANGE = 10;

/** Whether a row of observations is farther from the data than {@link OBSERVATION_RANGE}. */
export function outOfRange({ architecture: { observationSize }, standardization: { inputMean, inputScale } }: WorldModel) {
  return (observations: Float32Array, row: number): boolean => {
    for (let j = 0; j < observationSize; j++) {
      const distance = Math.abs(observations[row * observationSize + j] - inputMean[j]) / inputScale[j];
      if (!(distance <= OBSERVATION_RANGE)) return true;
    }
    return false;
  };
}

export interface ModelWorldOptions {
  readonly model: WorldModel;
  /** Rollouts side by side. */
  readonly size: number;
  /** Steps after which a rollout is cut. */
  readonly horizon: number;
  readonly starts: StartStates;
  /** Whether the world pays the rewards that the model predicts. */
  readonly rewards: boolean;
  readonly penalty?: { readonly kind: PenaltyKind; readonly coefficient: number };
  /** Members that disagree more than this end a rollout as a fall does; absent: none does. */
  readonly knownUpTo?: number;
  /** Whether next states are drawn from the Gaussians (default), or are their means. */
  readonly noise?: boolean;
  readonly random: Random;
  readonly executor?: Executor;
}

export interface ModelWorld extends World {
  /** Of the steps since the last call: `penalty`, mean U(s,a), and with a limit `unknownShare`, how many were beyond it. */
  metrics(): Metrics;
}

/**
 * A world model as a {@link World} of branched rollouts (Janner et al. 2019; MOPO, Yu et al. 2020, algorithm 2): each episode
 * begins in a start state, is moved by a random elite at every step, terminates where the robot's task would or beyond
 * `knownUpTo` (MOReL's HALT state, Kidambi et al. 2020, definition 3), and is cut after `horizon` steps. Its reward is −λ·U(s,a), with `rewards` r̂(s,a) − λ·U(s,a).
 */
export async function modelWorld({ model, size, horizon, starts, rewards: pays, penalty, knownUpTo, noise: noisy = true, random, executor }: ModelWorldOptions): Promise<ModelWorld> {
  const { architecture, elites } = model;
  const { environment, observationSize, actionSize } = architecture;
  const { low, high } = await actionBounds(environment);
  const step: ModelStep = await modelStep(model, { size, penalty: penalty?.kind, disagreement: knownUpTo !== undefined, executor });
  const terminatedIn = terminationOf(environment);
  const cut = outOfRange(model);
  const noise = random.split("model noise");
  const restarts = random.split("start states");
  const observations = new Float32Array(size * observationSize);
  const nextObservations = new Float32Array(size * observationSize);
  const rewards = new Float32Array(size);
  const terminated = new Uint8Array(size);
  const truncated = new Uint8Array(size);
  const times = new Int32Array(size);
  const chosen = new Int32Array(size);
  let penalties = 0;
  let unknowns = 0;
  let steps = 0;

  const start = (member: number): void => {
    starts.draw(restarts, observations.subarray(member * observationSize, (member + 1) * observationSize));
    times[member] = 0;
  };
  for (let i = 0; i < size; i++) {
    start(i);
    // rollouts end at different times, so that every step of the world holds all depths
    times[i] = i % horizon;
  }

  return {
    size,
    observationSize,
    actionSize,
    actionLow: low,
    actionHigh: high,
    observations,
    metrics() {
      const mean = (sum: number): number => (steps > 0 ? sum / steps : 0);
      const metrics = { penalty: mean(penalties), ...(knownUpTo !== undefined && { unknownShare: mean(unknowns) }) };
      penalties = 0;
      unknowns = 0;
      steps = 0;
      return metrics;
    },
    async step(actions) {
      step.observation.set(observations);
      step.action.set(actions);
      if (noisy) noise.fillNormal(step.noise);
      noise.fillIntegers(chosen, elites.length);
      step.choose(chosen);
      const { nextObservation, reward, penalty: uncertainty, disagreement } = await step.run();
      nextObservations.set(nextObservation);
      observations.set(nextObservation);
      for (let i = 0; i < size; i++) {
        rewards[i] = (pays ? reward[i] : 0) - (penalty?.coefficient ?? 0) * uncertainty[i];
        penalties += uncertainty[i] / size;
        times[i]++;
        const unknown = disagreement[i] > (knownUpTo ?? Infinity);
        if (unknown) unknowns += 1 / size;
        terminated[i] = unknown || terminatedIn(nextObservations, i) ? 1 : 0;
        truncated[i] = terminated[i] === 0 && (times[i] >= horizon || cut(nextObservations, i)) ? 1 : 0;
        if (terminated[i] === 1 || truncated[i] === 1) start(i);
      }
      steps++;
      return { nextObservations, rewards, terminated, truncated };
    },
    snapshot: () => ({
      arrays: { observations, times },
      values: { penalties, unknowns, steps, noise: noise.state(), restarts: restarts.state() },
    }),
    restore({ arrays, values }) {
      observations.set(arrays.observations);
      times.set(arrays.times);
      penalties = Number(values.penalties);
      unknowns = Number(values.unknowns);
      steps = Number(values.steps);
      noise.restore(values.noise as number[]);
      restarts.restore(values.restarts as number[]);
    },
    close: () => void step.dispose(),
  };
}

/** The action bounds of an environment. */
async function actionBounds(id: string): Promise<{ low: Float64Array; high: Float64Array }> {
  const environment = await make(id);
  environment.close();
  return environment.actionSpace;
}
