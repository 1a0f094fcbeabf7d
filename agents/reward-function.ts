import * as op from "../src/nn/operations.ts";
import type { Tensor } from "../src/nn/tensor.ts";
import { layoutOf, type Layout, type Vector, type VectorValues } from "../src/nn/vector.ts";

/** Symbolic columns of a batch of transitions, [B, ·] each. */
export interface TransitionTensors {
  readonly observation: Tensor;
  readonly action: Tensor;
  readonly nextObservation: Tensor;
  /** the world's own reward as it was recorded, [B, 1] */
  readonly reward: Tensor;
}

/**
 * r(s), r(s,a) or the world's own reward, as something that a solver builds into its update: a batch is labelled with the
 * current parameters whenever it is used, and rewards are never stored.
 */
export interface RewardFunction {
  /** What the value depends on. */
  readonly input: "environment" | "state" | "state-action";
  readonly layout: Layout;
  /** The current parameters θ; read at each update. */
  parameters(): VectorValues;
  /** r for each row, [B, 1] */
  value(theta: Vector, transitions: TransitionTensors): Tensor;
  /** The reward per step of the absorbing state that follows a termination, [1, 1]; without it nothing follows. */
  absorbing?(theta: Vector): Tensor;
}

/** The reward that the world itself gives. */
export const environmentReward: RewardFunction = {
  input: "environment",
  layout: { chunks: [] },
  parameters: () => [],
  value: (_, { reward }) => reward,
};

/**
 * A reward on top of what the world itself pays: in a world model without rewards of its own, the penalty −λ·U(s,a) for
 * uncertain predictions (thesis, eq. 3.8). With `weight`, what the world pays counts by so much at the time of each update,
 * whenever it was paid.
 */
export function onTopOfWorld(reward: RewardFunction, weight?: () => number): RewardFunction {
  if (weight === undefined) {
    return { ...reward, value: (theta, transitions) => op.add(reward.value(theta, transitions), transitions.reward) };
  }
  const { layout } = reward;
  const absorbing = reward.absorbing?.bind(reward);
  const own = ({ chunks }: Vector): Vector => ({ layout, chunks: chunks.slice(0, -1) });
  return {
    ...reward,
    layout: { chunks: [...layout.chunks, ...layoutOf({ weight: [1, 1] }).chunks] },
    parameters: () => [...reward.parameters(), Float32Array.of(weight())],
    value: (theta, transitions) => op.add(reward.value(own(theta), transitions), op.mul(transitions.reward, theta.chunks[layout.chunks.length])),
    absorbing: absorbing && ((theta) => absorbing(own(theta))),
  };
}
