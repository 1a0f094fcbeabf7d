import * as op from "../../src/nn/operations.ts";
import type { Tensor } from "../../src/nn/tensor.ts";

/**
 * An expert action at the edge of its bounds has an infinite pre-squash value, and so has one that float32 rounded there:
 * actions are pulled in to this fraction of the bounds.
 */
const LARGEST_ACTION = 1 - 1e-4;

/** u = tanh⁻¹ of an action stretched from its bounds to [−1, 1], pulled in from the edges. */
export function preSquash(action: number, low: number, high: number): number {
  const unit = (2 * action - (high + low)) / (high - low);
  return Math.atanh(Math.min(LARGEST_ACTION, Math.max(-LARGEST_ACTION, unit)));
}

/** −E log π(a|s), from log probabilities [B, 1]. */
export const negativeLogLikelihood = (logProb: Tensor): Tensor => op.neg(op.mean(logProb));

/** E ‖a − μ(s)‖², actions [B, A]. */
export const squaredError = (action: Tensor, mean: Tensor): Tensor =>
  op.mul(op.mean(op.square(op.sub(action, mean))), action.shape[1]);
