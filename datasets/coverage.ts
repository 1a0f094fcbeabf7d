import { pieceRanges, type Dataset } from "./dataset.ts";

/** Where a set's states lie on the plane of their two largest variations. */
export interface Coverage {
  /** [points] coordinates along the first and the second principal axis. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The share of the whole variance along each axis. */
  readonly share: readonly [number, number];
}

/** Rows to look at: more where a row's share of the covariance costs less. */
const sampleSize = (columns: number): number =>
  Math.max(10_000, Math.min(200_000, Math.floor(2e9 / columns ** 2)));

/** Observations of rows spread evenly over a dataset: [rows, observationSize]. */
export function sampleObservations(dataset: Dataset): Float64Array {
  const { observationSize: width, size } = dataset;
  const every = Math.max(1, Math.ceil(size / sampleSize(width)));
  const sample = new Float64Array(Math.ceil(size / every) * width);
  let count = 0;
  for (const { start, end } of pieceRanges(dataset)) {
    const observations = dataset.readColumn("observations", start, end);
    for (let row = Math.ceil(start / every) * every; row < end; row += every) {
      sample.set(observations.subarray((row - start) * width, (row - start + 1) * width), count * width);
      count++;
    }
  }
  return sample;
}

/** Scales each column to mean 0 and standard deviation 1, in place; constant columns to 0. */
function standardize(values: Float64Array, width: number): void {
  const rows = values.length / width;
  for (let column = 0; column < width; column++) {
    let mean = 0;
    for (let i = column; i < values.length; i += width) mean += values[i] / rows;
    let variance = 0;
    for (let i = column; i < values.length; i += width) variance += (values[i] - mean) ** 2 / rows;
    const scale = variance > 1e-12 ? 1 / Math.sqrt(variance) : 0;
    for (let i = column; i < values.length; i += width) values[i] = (values[i] - mean) * scale;
  }
}

/** [width, width] */
function covarianceOf(values: Float64Array, width: number): Float64Array {
  const rows = values.length / width;
  const covariance = new Float64Array(width * width);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let i = 0; i < width; i++) {
      const factor = values[at + i] / rows;
      if (factor === 0) continue;
      for (let j = 0; j <= i; j++) covariance[i * width + j] += factor * values[at + j];
    }
  }
  for (let i = 0; i < width; i++)
    for (let j = 0; j < i; j++) covariance[j * width + i] = covariance[i * width + j];
  return covariance;
}

/**
 * The eigenvector of the largest eigenvalue of a symmetric matrix by power iteration, orthogonal to those found before;
 * its largest component is positive, so that the picture does not depend on a sign.
 */
function principalAxis(matrix: Float64Array, width: number, found: readonly Float64Array[]) {
  let axis = Float64Array.from({ length: width }, (_, i) => 1 + i / width);
  let value = 0;
  for (let iteration = 0; iteration < 300; iteration++) {
    const next = new Float64Array(width);
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) next[i] += matrix[i * width + j] * axis[j];
    for (const other of found) {
      const overlap = next.reduce((sum, x, i) => sum + x * other[i], 0);
      for (let i = 0; i < width; i++) next[i] -= overlap * other[i];
    }
    value = Math.hypot(...next);
    if (value < 1e-12) return { axis: new Float64Array(width), value: 0 };
    axis = next.map((x) => x / value);
  }
  const largest = axis.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return { axis: largest < 0 ? axis.map((x) => -x) : axis, value };
}

/** Projects a sample of a dataset's observations, each component scaled to unit variance, on two principal axes. */
export function stateCoverage(dataset: Dataset): Coverage {
  const { observationSize: width } = dataset;
  const values = sampleObservations(dataset);
  standardize(values, width);
  const covariance = covarianceOf(values, width);
  const first = principalAxis(covariance, width, []);
  const second = principalAxis(covariance, width, [first.axis]);
  const rows = values.length / width;
  const project = (axis: Float64Array): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += values[row * width + i] * axis[i];
      return sum;
    });
  let total = 0;
  for (let i = 0; i < width; i++) total += covariance[i * width + i];
  const share = (value: number): number => (total === 0 ? 0 : value / total);
  return {
    x: project(first.axis),
    y: project(second.axis),
    share: [share(first.value), share(second.value)],
  };
}
