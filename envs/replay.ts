import type { Environment } from "./environment.ts";
import { requireFinite } from "./episode.ts";

/** A state and the actions to apply from there. */
export interface Recording {
  readonly initial: { readonly qpos: readonly number[]; readonly qvel: readonly number[] };
  /** [steps][actionSize] */
  readonly actions: readonly (readonly number[])[];
}

/** What happened; every list but `observation` has one entry per action, of the time after the step. */
export interface Replay {
  /** After the state was set. */
  readonly observation: number[];
  readonly observations: number[][];
  readonly rewards: number[];
  readonly terminated: boolean[];
  readonly qpos: number[][];
  readonly qvel: number[][];
}

/**
 * Applies a recording's actions from its initial state, without ever resetting: after termination the simulation goes
 * on. Throws UserError when the recording does not fit the environment, before the first step.
 */
export function replay(environment: Environment, { initial, actions }: Recording): Replay {
  const actionSize = environment.actionSpace.low.length;
  actions.forEach((action, i) => requireFinite(action, actionSize, `${environment.spec.id}: action ${i}`));
  const result: Replay = {
    observation: Array.from(environment.setState(initial.qpos, initial.qvel)),
    observations: [],
    rewards: [],
    terminated: [],
    qpos: [],
    qvel: [],
  };
  for (const action of actions) {
    const { observation, reward, terminated } = environment.step(action);
    result.observations.push(Array.from(observation));
    result.rewards.push(reward);
    result.terminated.push(terminated);
    result.qpos.push(Array.from(environment.qpos));
    result.qvel.push(Array.from(environment.qvel));
  }
  return result;
}
