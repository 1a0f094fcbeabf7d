import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Random } from "../../src/random/index.ts";
import { quantile } from "../../src/statistics/index.ts";
import { moments } from "./data.ts";
import { modelStep, type ModelStep, type WorldModel } from "./model.ts";
import { outOfRange } from "./world.ts";

/** Quantiles of the k-step error over starts; item k − 1 is that of k steps. */
export interface ErrorCurve {
  readonly median: readonly number[];
  /** 10 % and 90 %. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface RolloutErrors extends ErrorCurve {
  /** Rollouts that went out of the data's range at some step. They go on, and their errors count. */
  readonly left: number;
}

/**
 * How far the model is from the recorded states after k steps of the recorded actions. The error is the root mean square over
 * components of (ŝ − s)/std(s), std over all observations of the set.
 */
export interface OpenLoop {
  /** Starts whose record is at least k steps long: those that item k − 1 of the curves is over. */
  readonly counts: readonly number[];
  /** States drawn from the predictions. */
  readonly sampled: RolloutErrors;
  /** The most likely states. */
  readonly mean: RolloutErrors;
  /** ŝ = s of the start. */
  readonly unchanged: ErrorCurve;
}

/** A row to start from, and how many steps from it on are recorded. */
export interface OpenLoopStart {
  readonly row: number;
  readonly steps: number;
}

/** @param errors those of every start, per number of steps */
function curveOf(errors: readonly (readonly number[])[]): ErrorCurve {
  const at = (share: number): number[] => errors.map((values) => quantile(values, share));
  return { median: at(0.5), low: at(0.1), high: at(0.9) };
}

export interface OpenLoopOptions {
  readonly model: WorldModel;
  readonly set: TransitionSet;
  readonly starts: readonly OpenLoopStart[];
  readonly random: Random;
  readonly executor?: Executor;
}

/** Replays recorded actions in a model. Every step is predicted by a random elite. */
export async function openLoop({ model, set, starts, random, executor }: OpenLoopOptions): Promise<OpenLoop> {
  const { observationSize, actionSize } = set;
  const { scale } = moments(set.observations, observationSize, [{ rows: Uint32Array.from({ length: set.size }, (_, row) => row), share: 1 }]);
  const longest = starts.reduce((most, { steps }) => Math.max(most, steps), 0);
  const observation = (row: number): Float32Array => set.observations.subarray(row * observationSize, (row + 1) * observationSize);

  /** The error of every start after `k` steps, where so many are recorded. */
  const distances = (states: Float32Array, k: number): number[] =>
    starts.flatMap(({ row, steps }, i) => {
      if (k > steps) return [];
      const next = (row + k - 1) * observationSize;
      let sum = 0;
      for (let j = 0; j < observationSize; j++) {
        sum += ((states[i * observationSize + j] - set.nextObservations[next + j]) / scale[j]) ** 2;
      }
      return [Math.sqrt(sum / observationSize)];
    });
  const initial = new Float32Array(starts.length * observationSize);
  starts.forEach(({ row }, i) => initial.set(observation(row), i * observationSize));

  const gone = outOfRange(model);
  const chosen = new Int32Array(starts.length);
  async function replay(step: ModelStep, noise: Random | undefined, choice: Random): Promise<RolloutErrors> {
    const errors: number[][] = [];
    const left = new Uint8Array(starts.length);
    step.observation.set(initial);
    for (let k = 1; k <= longest; k++) {
      starts.forEach(({ row, steps }, i) => {
        if (k > steps) return;
        const at = (row + k - 1) * actionSize;
        step.action.set(set.actions.subarray(at, at + actionSize), i * actionSize);
      });
      if (noise === undefined) step.noise.fill(0);
      else noise.fillNormal(step.noise);
      choice.fillIntegers(chosen, model.elites.length);
      step.choose(chosen);
      const { nextObservation } = await step.run();
      step.observation.set(nextObservation);
      errors.push(distances(nextObservation, k));
      starts.forEach(({ steps }, i) => {
        if (k <= steps && gone(nextObservation, i)) left[i] = 1;
      });
    }
    return { ...curveOf(errors), left: left.reduce((sum, one) => sum + one, 0) };
  }

  const step = await modelStep(model, { size: starts.length, executor });
  try {
    return {
      counts: Array.from({ length: longest }, (_, k) => starts.filter(({ steps }) => steps > k).length),
      sampled: await replay(step, random.split("noise"), random.split("elites")),
      mean: await replay(step, undefined, random.split("elites of the mean")),
      unchanged: curveOf(Array.from({ length: longest }, (_, k) => distances(initial, k + 1))),
    };
  } finally {
    await step.dispose();
  }
}
