import type { TransitionSet } from "../datasets/transition-set.ts";
import { minibatchRows, type TransitionSource } from "./replay.ts";

/**
 * A dataset as a source of minibatches. A row whose next observation is not known is terminal: no bootstrap uses it.
 * @param rewards whether minibatches hold the dataset's rewards, or zeros: nothing that learns a reward may see the true one
 */
export function datasetSource(set: TransitionSet, rewards: boolean): TransitionSource {
  const { observationSize, actionSize, size } = set;
  let indices = new Int32Array(0);
  return {
    sample(random, batch) {
      const count = batch.reward.length;
      if (indices.length !== count) indices = new Int32Array(count);
      random.fillIntegers(indices, size);
      for (let i = 0; i < count; i++) {
        const row = indices[i];
        const s = row * observationSize;
        batch.observation.set(set.observations.subarray(s, s + observationSize), i * observationSize);
        batch.nextObservation.set(set.nextObservations.subarray(s, s + observationSize), i * observationSize);
        batch.action.set(set.actions.subarray(row * actionSize, (row + 1) * actionSize), i * actionSize);
        batch.reward[i] = rewards ? set.rewards[row] : 0;
        batch.terminated[i] = set.terminals[row];
      }
    },
  };
}

/** A part of each minibatch from every source, by its share of the whole. */
export function mixedSource(parts: readonly { readonly source: TransitionSource; readonly share: number }[]): TransitionSource {
  const whole = parts.reduce((sum, { share }) => sum + share, 0);
  return {
    sample(random, batch) {
      const rows = batch.reward.length;
      let before = 0;
      let start = 0;
      for (const { source, share } of parts) {
        before += share;
        const end = Math.round((before / whole) * rows);
        if (end > start) source.sample(random, minibatchRows(batch, start, end));
        start = end;
      }
    },
  };
}
