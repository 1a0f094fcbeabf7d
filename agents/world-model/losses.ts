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

/**
 * What the members learn from: the gradient of {@link negativeLogLikelihood}, the mean's multiplied by σ^{2β}, constant. β = 0
 * is the likelihood's own, whose weight 1/σ² leaves the mean of impacts, where σ is large, hardly learned. β = 1 is the gradient of the squared error. Seitzer et al. 2022 (arXiv 2203.09168, β-NLL) weight
 * the variance's gradient, too; here it is left alone, so that the bounds' cost keeps its proportion to it.
 */
export function betaLikelihood({ mean, logVariance }: Gaussian, y: Tensor, beta: number): Tensor {
  const ofVariance = negativeLogLikelihood({ mean: op.stopGradient(mean), logVariance }, y);
  const weight = op.stopGradient(op.exp(op.mul(logVariance, beta - 1)));
  return op.add(ofVariance, op.mean(op.mul(op.square(op.sub(mean, y)), weight)));
}

/** Weight of the width of the log-variance bounds in the loss (Chua et al. 2018, appendix A.1). */
const BOUND_WEIGHT = 0.01;

/** What the bounds cost, so that they close in on the variances that the data need: 0.01·( Σ largest − Σ smallest ). */
export const boundsPenalty = (largest: Tensor, smallest: Tensor): Tensor =>
  op.mul(op.sub(op.sum(largest), op.sum(smallest)), BOUND_WEIGHT);
