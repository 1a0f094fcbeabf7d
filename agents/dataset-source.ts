import type { TransitionSet } from "../datasets/transition-set.ts";
import type { TransitionSource } from "./replay.ts";

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
