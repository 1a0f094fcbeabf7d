import { arrayName } from "../../src/nn/network.ts";
import { view, type VectorValues } from "../../src/nn/vector.ts";
import type { RewardNetwork } from "../reward-network.ts";

/** Input rows as the reward's step sees them: (x − mean)/scale, by column. */
export interface InputStandardization {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** A table of input rows [count, inputSize]; what comes after them is not looked at. */
export interface InputRows {
  readonly rows: Float32Array;
  readonly count: number;
}

/**
 * Mean and standard deviation of the columns in several tables, each of which counts the same however long it is. A column that
 * never changes keeps the scale 1.
 */
export function standardizationOf(tables: readonly InputRows[], inputSize: number): InputStandardization {
  const mean = new Float32Array(inputSize);
  const scale = new Float32Array(inputSize);
  for (let j = 0; j < inputSize; j++) {
    const average = (value: (x: number) => number): number => {
      const means = tables.map(({ rows, count }) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += value(rows[i * inputSize + j]);
        return sum / count;
      });
      return means.reduce((a, b) => a + b, 0) / tables.length;
    };
    const center = average((x) => x);
    const deviation = Math.sqrt(average((x) => (x - center) ** 2));
    mean[j] = center;
    // rounding alone makes some 1e-7 of the mean
    scale[j] = deviation > 1e-5 * Math.max(1, Math.abs(center)) ? deviation : 1;
  }
  return { mean, scale };
}

export function standardizeRows({ rows, count }: InputRows, { mean, scale }: InputStandardization): void {
  const inputSize = mean.length;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < inputSize; j++) rows[i * inputSize + j] = (rows[i * inputSize + j] - mean[j]) / scale[j];
  }
}

/** Writes into `raw` the parameters that give for raw inputs what `theta` gives for standardised ones. */
export function foldStandardization({ architecture, layout, inputSize }: RewardNetwork, theta: VectorValues, { mean, scale }: InputStandardization, raw: readonly Float32Array[]): void {
  theta.forEach((chunk, i) => raw[i].set(chunk));
  const outputs = architecture.hidden[0] ?? 1;
  const weight = view(layout, raw, arrayName(1, 0, 0, "weight")).values;
  const bias = view(layout, raw, arrayName(1, 0, 0, "bias")).values;
  for (let k = 0; k < outputs; k++) {
    let shift = 0;
    for (let j = 0; j < inputSize; j++) {
      const slope = weight[j * outputs + k] / scale[j];
      shift += slope * mean[j];
      weight[j * outputs + k] = slope;
    }
    bias[k] -= shift;
  }
}
