import * as op from "../../src/nn/operations.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import type { Gaussian } from "./losses.ts";

/** How uncertain an ensemble is about the next state, as U ≥ 0 per row. */
export type PenaltyKind = "max-aleatoric" | "ensemble-variance" | "ensemble-standard-deviation" | "disagreement";

export const penaltyKinds = [
  "max-aleatoric",
  "ensemble-variance",
  "ensemble-standard-deviation",
  "disagreement",
] as const satisfies readonly PenaltyKind[];

const mean = (values: readonly Tensor[]): Tensor => op.mul(values.reduce((a, b) => op.add(a, b)), 1 / values.length);
const largest = (values: readonly Tensor[]): Tensor => values.reduce((a, b) => op.maximum(a, b));
const norm = (x: Tensor): Tensor => op.sqrt(op.sumKeep(op.square(x), [1]));
const rowMean = (x: Tensor): Tensor => op.mul(op.sumKeep(x, [1]), 1 / x.shape[1]);

/** Variance of the mixture of all members: mean of the variances plus variance of the means, [B, D]. */
function mixtureVariance(members: readonly Gaussian[]): Tensor {
  const centre = mean(members.map((one) => one.mean));
  const spread = mean(members.map((one) => op.square(op.sub(one.mean, centre))));
  return op.add(mean(members.map(({ logVariance }) => op.exp(logVariance))), spread);
}

const formulas: Readonly<Record<PenaltyKind, (members: readonly Gaussian[]) => Tensor>> = {
  // maxᵢ ‖σᵢ‖₂ (MOPO, Yu et al. 2020, section 5)
  "max-aleatoric": (members) => largest(members.map(({ logVariance }) => op.sqrt(op.sumKeep(op.exp(logVariance), [1])))),
  // mean over components of the mixture's variance (Lu et al. 2022, "ensemble variance", after Lakshminarayanan et al. 2017)
  "ensemble-variance": (members) => rowMean(mixtureVariance(members)),
  // its square root per component (Lu et al. 2022, "ensemble standard deviation")
  "ensemble-standard-deviation": (members) => rowMean(op.sqrt(mixtureVariance(members))),
  // maxᵢⱼ ‖μᵢ − μⱼ‖₂ (MOReL, Kidambi et al. 2020, definition 2)
  disagreement: (members) =>
    members.length === 1
      ? op.mul(norm(members[0].mean), 0)
      : largest(members.flatMap((one, i) => members.slice(i + 1).map((other) => norm(op.sub(one.mean, other.mean))))),
};

/**
 * U(s,a) of every row, [B, 1].
 * @param members the next state as each member predicts it, in the units of observations
 */
export const penalty = (kind: PenaltyKind, members: readonly Gaussian[]): Tensor => formulas[kind](members);
