import type { Transitions } from "./transition-set.ts";

/** Scales observations to mean 0 and standard deviation about 1: (s − mean) / scale. */
export interface Normalization {
  /** [observationSize] */
  readonly mean: Float64Array;
  /** [observationSize]: the population's standard deviation (divided by N) plus epsilon. */
  readonly scale: Float64Array;
}

/**
 * Mean and scale of each component of the observations, as TD3+BC (Fujimoto and Gu 2021, section 4) normalises states:
 * the standard deviation plus ε = 10⁻³, so that a component that hardly varies is not blown up.
 *
 * @param pieces one set, or the pieces of one that is too large for memory
 */
export function observationNormalization(
  pieces: Iterable<Pick<Transitions, "size" | "observationSize" | "observations">>,
  epsilon = 1e-3,
): Normalization {
  let count = 0;
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  for (const { size, observationSize, observations } of pieces) {
    if (count === 0) {
      mean = new Float64Array(observationSize);
      squares = new Float64Array(observationSize);
    }
    // Two passes over each piece, then the pieces' moments joined: sums of squares alone would cancel.
    const pieceMean = new Float64Array(observationSize);
    const pieceSquares = new Float64Array(observationSize);
    for (let row = 0; row < size; row++) {
      for (let i = 0; i < observationSize; i++)
        pieceMean[i] += observations[row * observationSize + i] / size;
    }
    for (let row = 0; row < size; row++) {
      for (let i = 0; i < observationSize; i++) {
        pieceSquares[i] += (observations[row * observationSize + i] - pieceMean[i]) ** 2;
      }
    }
    const total = count + size;
    for (let i = 0; i < observationSize; i++) {
      const shift = pieceMean[i] - mean[i];
      mean[i] += (shift * size) / total;
      squares[i] += pieceSquares[i] + (shift ** 2 * count * size) / total;
    }
    count = total;
  }
  if (count === 0) throw new Error("there are no observations to take statistics of");
  return { mean, scale: squares.map((sum) => Math.sqrt(sum / count) + epsilon) };
}

/** Normalised copies of observations, [N, observationSize]. */
export function normalize(
  observations: Float32Array,
  { mean, scale }: Normalization,
): Float32Array<ArrayBuffer> {
  const width = mean.length;
  return Float32Array.from(observations, (value, i) => (value - mean[i % width]) / scale[i % width]);
}
