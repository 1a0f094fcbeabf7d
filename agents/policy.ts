import type { Random } from "../src/random/index.ts";

/** How an action is drawn: `mean` is the deterministic tanh(μ), `sample` is drawn from the policy's distribution. */
export type ActionMode = "mean" | "sample";

/** A policy π(a|s) as rollouts see it. Actions are in the environment's units. */
export interface Policy {
  readonly observationSize: number;
  readonly actionSize: number;
  /**
   * Writes the action for one observation into `action` ([actionSize]).
   * @param random consumed only with mode `sample`: actionSize normal variates
   */
  act(observation: ArrayLike<number>, mode: ActionMode, random: Random, action: Float64Array): void;
}
