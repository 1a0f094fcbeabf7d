import * as op from "../../src/nn/operations.ts";
import type { Tensor } from "../../src/nn/tensor.ts";

/** Q(s,a) of the twin critics: the smaller one. */
export const smaller = ([q1, q2]: readonly Tensor[]): Tensor => op.minimum(q1, q2);

/**
 * The soft Bellman target (Haarnoja et al. 2018, eq. 2–3): y = r + γ·(1−d)·( min Q̄(s′,a′) − α·log π(a′|s′) ), a′ ~ π(·|s′).
 * @param discount γ·(1−d), 0 where the episode terminated, [B, 1]
 * @param nextQ min Q̄(s′,a′) of the target critics, [B, 1]
 * @param nextLogProb log π(a′|s′), [B, 1]
 */
export function softTarget(reward: Tensor, discount: Tensor, nextQ: Tensor, nextLogProb: Tensor, alpha: Tensor): Tensor {
  const nextValue = op.sub(nextQ, op.mul(alpha, nextLogProb));
  return op.stopGradient(op.add(reward, op.mul(discount, nextValue)));
}

/** J_Q = Σᵢ mean (Qᵢ(s,a) − y)² over the twin critics (eq. 5, without its factor ½). */
export function criticLoss(q: readonly Tensor[], y: Tensor): Tensor {
  return q.map((qi) => op.mean(op.square(op.sub(qi, y)))).reduce((a, b) => op.add(a, b));
}

/** J_π = mean( α·log π(a|s) − min Q(s,a) ), a ~ π(·|s) reparameterised (eq. 7). */
export function policyLoss(q: Tensor, logProb: Tensor, alpha: Tensor): Tensor {
  return op.mean(op.sub(op.mul(op.stopGradient(alpha), logProb), q));
}

/**
 * J(α) = −log α · mean( log π(a|s) + H̄ ) (eq. 18, in log α as all public code has it).
 * @param targetEntropy H̄, −dim(A) by default
 */
export function temperatureLoss(logAlpha: Tensor, logProb: Tensor, targetEntropy: number): Tensor {
  const excess = op.stopGradient(op.add(op.mean(logProb), targetEntropy));
  return op.neg(op.sum(op.mul(logAlpha, excess)));
}
