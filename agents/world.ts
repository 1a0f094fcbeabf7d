import type { Environment } from "../envs/index.ts";
import { combine, select, type Checkpointable } from "../src/runs/snapshot.ts";

/** What one step of a world gave, row by row; the arrays are reused by the next step. */
export interface WorldStep {
  /** [size, O]: the states that the actions led to, before any reset */
  readonly nextObservations: Float32Array;
  /** [size]: the world's own reward; NaN where a world has none */
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
  step(actions: Float32Array): WorldStep;
  close(): void;
}

/** A world of live environments. The members draw their first states from seeds seed, seed + 1, … */
export function environmentWorld(environments: readonly Environment[], seed: number): World {
  const [{ spec, actionSpace }] = environments;
  const { observationSize, actionSize } = spec;
  const size = environments.length;
  const observations = new Float32Array(size * observationSize);
  const result = {
    nextObservations: new Float32Array(size * observationSize),
    rewards: new Float32Array(size),
    terminated: new Uint8Array(size),
    truncated: new Uint8Array(size),
  };
  environments.forEach((environment, i) => {
    observations.set(environment.reset({ seed: seed + i }).observation, i * observationSize);
  });
  return {
    size,
    observationSize,
    actionSize,
    actionLow: actionSpace.low,
    actionHigh: actionSpace.high,
    observations,
    step(actions) {
      environments.forEach((environment, i) => {
        const step = environment.step(actions.subarray(i * actionSize, (i + 1) * actionSize));
        result.nextObservations.set(step.observation, i * observationSize);
        result.rewards[i] = step.reward;
        result.terminated[i] = step.terminated ? 1 : 0;
        result.truncated[i] = step.truncated ? 1 : 0;
        const over = step.terminated || step.truncated;
        observations.set(over ? environment.reset().observation : step.observation, i * observationSize);
      });
      return result;
    },
    snapshot() {
      const members = environments.map((environment, i) => [`member${i}`, environment.save()] as const);
      return combine({ ...Object.fromEntries(members), world: { arrays: { observations }, values: {} } });
    },
    restore(snapshot) {
      environments.forEach((environment, i) => {
        environment.restore(select(snapshot, `member${i}`));
      });
      observations.set(select(snapshot, "world").arrays.observations);
    },
    close() {
      for (const environment of environments) environment.close();
    },
  };
}
