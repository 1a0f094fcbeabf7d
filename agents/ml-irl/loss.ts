import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import type { Tensor } from "../../src/nn/tensor.ts";

/**
 * The surrogate whose negative gradient is gₖ = h(θ;τᴱ) − h(θ;τᴬ) (thesis, eq. 2.7): L(θ) = Σ wᴬ·r(τᴬ) − Σ wᴱ·r(τᴱ), the
 * weights being γᵗ averaged over trajectories.
 * @param agentReward r of the agent's rows, [N, 1]; agentWeight likewise
 * @param expertReward r of the expert's rows, [M, 1]; expertWeight likewise
 */
export function likelihoodSurrogate(agentReward: Tensor, agentWeight: Tensor, expertReward: Tensor, expertWeight: Tensor): Tensor {
  return op.sub(op.sum(op.mul(agentReward, agentWeight)), op.sum(op.mul(expertReward, expertWeight)));
}

/**
 * Mean of ( max(0, ‖∂r/∂x‖ − target) )² over input rows x: keeps the reward from growing steep between expert and agent
 * (one-sided form of Gulrajani et al. 2017, eq. 3).
 * @param reward r of each row, [B, 1], built from `rows` [B, D]
 */
export function gradientPenalty(reward: Tensor, rows: Tensor, target: number): Tensor {
  const [slope] = gradient(op.sum(reward), [rows]);
  const norm = op.sqrt(op.add(op.sumKeep(op.square(slope), [1]), 1e-12));
  return op.mean(op.square(op.relu(op.sub(norm, target))));
}
