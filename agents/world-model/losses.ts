import * as op from "../../src/nn/operations.ts";
import type { Tensor } from "../../src/nn/tensor.ts";

/** A diagonal Gaussian, mean and log variance [B, D] each. */
export interface Gaussian {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/**
 * log σ² kept softly between learned bounds (Chua et al. 2018, appendix A.1): largest − softplus(largest − x), then
 * smallest + softplus(that − smallest).
 * @param raw [B, D]; the bounds are [1, D]
 */
export function softBounds(raw: Tensor, largest: Tensor, smallest: Tensor): Tensor {
  const capped = op.sub(largest, op.softplus(op.sub(largest, raw)));
  return op.add(smallest, op.softplus(op.sub(capped, smallest)));
}

/**
 * −2·log p(y) of a diagonal Gaussian without its constant, averaged over rows and components:
 * mean( (μ − y)²/σ² + log σ² ) (MOPO, Yu et al. 2020, appendix; twice the likelihood of the thesis's eq. 3.6).
 * @param y targets, [B, D]
 */
export function negativeLogLikelihood({ mean, logVariance }: Gaussian, y: Tensor): Tensor {
  const error = op.square(op.sub(mean, y));
  return op.mean(op.add(op.mul(error, op.exp(op.neg(logVariance))), logVariance));
}

/** Weight of the width of the log-variance bounds in the loss (Chua et al. 2018, appendix A.1). */
const BOUND_WEIGHT = 0.01;

/** What the bounds cost, so that they close in on the variances that the data need: 0.01·( Σ largest − Σ smallest ). */
export const boundsPenalty = (largest: Tensor, smallest: Tensor): Tensor =>
  op.mul(op.sub(op.sum(largest), op.sum(smallest)), BOUND_WEIGHT);
