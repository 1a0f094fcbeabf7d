import type { Batch } from "../envs/index.ts";
import type { Checkpointable } from "../src/runs/snapshot.ts";

/** What one step of a world gave, row by row; the arrays are reused by the next step. */
export interface WorldStep {
  /** [size, O]: the states that the actions led to, before any reset */
  readonly nextObservations: Float32Array;
  /** [size]: the world's own reward */
  readonly rewards: Float32Array;
  /** [size]: 1 where the task ended; only this stops bootstrapping */
  readonly terminated: Uint8Array;
  /** [size]: 1 where a time limit cut the episode */
  readonly truncated: Uint8Array;
}

/**
 * Where an agent acts: a batch of `size` independent episodes. A member whose episode ended starts a new one by itself;
 * `observations` then holds its first state, and the step's `nextObservations` the last one of the old episode.
 */
export interface World extends Checkpointable {
  readonly size: number;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly actionLow: Float64Array;
  readonly actionHigh: Float64Array;
  /** [size, O]: the states that the next actions answer */
  readonly observations: Float32Array;
  /** @param actions [size, A], in the units of the action space */
  step(actions: Float32Array): WorldStep | Promise<WorldStep>;
  close(): void;
}

/** A world that answers at once. */
export interface LiveWorld extends World {
  step(actions: Float32Array): WorldStep;
}

/** A world of live environments; their float64 numbers are rounded. */
export function batchWorld(batch: Batch): LiveWorld {
  const { size, spec, actionSpace } = batch;
  const observations = Float32Array.from(batch.observations);
  const nextObservations = new Float32Array(observations.length);
  const rewards = new Float32Array(size);
  return {
    size,
    observationSize: spec.observationSize,
    actionSize: spec.actionSize,
    actionLow: actionSpace.low,
    actionHigh: actionSpace.high,
    observations,
    step(actions) {
      const step = batch.step(actions);
      observations.set(step.observations);
      nextObservations.set(step.nextObservations);
      rewards.set(step.rewards);
      return { nextObservations, rewards, terminated: step.terminated, truncated: step.truncated };
    },
    snapshot: () => batch.save(),
    restore(snapshot) {
      batch.restore(snapshot);
      observations.set(batch.observations);
    },
    close: () => batch.close(),
  };
}
