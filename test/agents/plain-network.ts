import type { Weights } from "../../agents/trainer.ts";

const activations = {
  relu: (x: number) => Math.max(0, x),
  tanh: Math.tanh,
  silu: (x: number) => x / (1 + Math.exp(-x)),
};

/** A layer's sums with mean 0 and variance 1, scaled and shifted. */
export function normalized(sums: readonly number[], scale: ArrayLike<number>, shift: ArrayLike<number>): number[] {
  const mean = sums.reduce((a, b) => a + b) / sums.length;
  const variance = sums.reduce((total, x) => total + (x - mean) ** 2, 0) / sums.length;
  return sums.map((x, j) => ((x - mean) / Math.sqrt(variance + 1e-5)) * scale[j] + shift[j]);
}

/** The output of a multi-layer perceptron for one input, written out in float64. */
export function plainNetwork(
  weights: Weights,
  activation: keyof typeof activations,
  input: readonly number[],
): number[] {
  let layer = 0;
  let values = input;
  for (; `${layer}/weight` in weights; layer++) {
    const { shape, values: weight } = weights[`${layer}/weight`];
    const bias = weights[`${layer}/bias`].values;
    const before = values;
    if (before.length !== shape[0]) throw new Error(`layer ${layer} takes ${shape[0]} numbers, got ${before.length}`);
    const sums = Array.from({ length: shape[1] }, (_, j) =>
      before.reduce((sum, x, i) => sum + x * weight[i * shape[1] + j], bias[j]),
    );
    const last = !(`${layer + 1}/weight` in weights);
    const z = `${layer}/scale` in weights ? normalized(sums, weights[`${layer}/scale`].values, weights[`${layer}/shift`].values) : sums;
    values = last ? sums : z.map(activations[activation]);
  }
  if (layer === 0) throw new Error("these are no weights of a network");
  return [...values];
}

/** Spearman's correlation: that of the ranks of two lists without ties. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] => {
    const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
    const result = new Array<number>(values.length);
    order.forEach((index, rank) => (result[index] = rank));
    return result;
  };
  const [x, y] = [ranks(a), ranks(b)];
  const squares = x.reduce((sum, rank, i) => sum + (rank - y[i]) ** 2, 0);
  const n = a.length;
  return 1 - (6 * squares) / (n * (n * n - 1));
}
