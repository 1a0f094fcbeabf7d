import type { TransitionSet } from "../../datasets/transition-set.ts";
import { rowsWithKnownNext } from "../../datasets/transition-set.ts";
import { UserError } from "../../src/errors.ts";
import type { Random } from "../../src/random/index.ts";

/** Standardisation of what enters and leaves the networks: (x − mean)/scale per component. */
export interface Standardization {
  /** of (s, a), [O + A] */
  readonly inputMean: Float32Array;
  readonly inputScale: Float32Array;
  /** of (s′ − s, r), [O] or [O + 1] */
  readonly targetMean: Float32Array;
  readonly targetScale: Float32Array;
}

/** Standardised inputs are clipped to this, so that a state far from all data does not saturate the networks (public code of MOPO). */
export const INPUT_RANGE = 10;

/** A component whose deviation is below it never changed; it is left as it is. */
const CONSTANT = 1e-6;

/** What was held out of a dataset when a model was trained on it. */
export interface Holdout {
  /** Rows of the dataset then. */
  readonly rows: number;
  /** The episodes held out, in order: rows [start, end) each. */
  readonly ranges: readonly RowRange[];
}

export interface RowRange {
  readonly start: number;
  readonly end: number;
}

export interface ModelDataOptions {
  readonly rewards: boolean;
  readonly holdoutFraction: number;
  readonly holdoutRows: number;
  /** Rows from `from` on make up this share of each minibatch, beside those that fall into the rest of it by chance. */
  readonly emphasis?: { readonly from: number; readonly share: number };
}

/** A dataset as the networks take it, row by row: standardised inputs [N, O + A] and targets [N, D]. */
export interface ModelData {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly inputSize: number;
  readonly targetSize: number;
  readonly standardization: Standardization;
  /** Rows to learn from, and rows held out: those of whole episodes. Rows whose next state is not known are in neither. */
  readonly training: Uint32Array;
  readonly holdout: Uint32Array;
  /** Those of the rows to learn from that are emphasized, and their share of each minibatch: 0 where there are none. */
  readonly emphasized: Share;
  readonly heldOut: Holdout;
}

/**
 * Episodes to hold out: drawn until they hold `fraction` of the rows, or `most` rows. A set of a single episode gives its
 * last part.
 * @returns row ranges
 */
export function holdoutRanges(
  { size, episodes }: Pick<TransitionSet, "size" | "episodes">,
  { holdoutFraction, holdoutRows }: { readonly holdoutFraction: number; readonly holdoutRows: number },
  random: Random,
): RowRange[] {
  const wanted = Math.max(1, Math.min(holdoutRows, Math.floor(holdoutFraction * size)));
  if (episodes.length === 1) return [{ start: size - wanted, end: size }];
  const ranges: RowRange[] = [];
  let rows = 0;
  // one episode must be left to learn from
  for (const index of random.permutation(episodes.length).subarray(1)) {
    if (rows >= wanted) break;
    const { start, end } = episodes[index];
    ranges.push({ start, end });
    rows += end - start;
  }
  return ranges.sort((a, b) => a.start - b.start);
}

/** Rows, and the share of a whole that they make up together. */
export interface Share {
  readonly rows: Uint32Array;
  readonly share: number;
}

/** Mean and standard deviation of every column over a mixture of rows. The shares sum to 1. */
export function moments(values: Float32Array, width: number, mixture: readonly Share[]): { mean: Float32Array; scale: Float32Array } {
  const average = (of: (value: number, column: number) => number): Float64Array => {
    const total = new Float64Array(width);
    for (const { rows, share } of mixture) {
      const sum = new Float64Array(width);
      for (const row of rows) for (let j = 0; j < width; j++) sum[j] += of(values[row * width + j], j);
      for (let j = 0; j < width; j++) total[j] += (share * sum[j]) / rows.length;
    }
    return total;
  };
  const mean = average((value) => value);
  const scale = Float32Array.from(
    average((value, j) => (value - mean[j]) ** 2),
    (variance) => (Math.sqrt(variance) < CONSTANT ? 1 : Math.sqrt(variance)),
  );
  return { mean: Float32Array.from(mean), scale };
}

function standardize(values: Float32Array, mean: Float32Array, scale: Float32Array, range: number): void {
  const width = mean.length;
  for (let i = 0, j = 0; i < values.length; i++, j = j + 1 === width ? 0 : j + 1) {
    values[i] = Math.max(-range, Math.min(range, (values[i] - mean[j]) / scale[j]));
  }
}

/**
 * Splits and standardises a dataset. Statistics are those of what minibatches hold: of the rows to learn from, emphasized ones
 * with their share. Rows far from most others would otherwise lie beyond {@link INPUT_RANGE}.
 * @throws UserError when it has too few rows
 */
export function modelData(set: TransitionSet, options: ModelDataOptions, random: Random): ModelData {
  const { size, observationSize, actionSize } = set;
  const inputSize = observationSize + actionSize;
  const targetSize = observationSize + (options.rewards ? 1 : 0);
  const inputs = new Float32Array(size * inputSize);
  const targets = new Float32Array(size * targetSize);
  for (let row = 0; row < size; row++) {
    const s = row * observationSize;
    inputs.set(set.observations.subarray(s, s + observationSize), row * inputSize);
    inputs.set(set.actions.subarray(row * actionSize, (row + 1) * actionSize), row * inputSize + observationSize);
    for (let j = 0; j < observationSize; j++) targets[row * targetSize + j] = set.nextObservations[s + j] - set.observations[s + j];
    if (options.rewards) targets[row * targetSize + observationSize] = set.rewards[row];
  }
  const held = new Uint8Array(size);
  const ranges = holdoutRanges(set, options, random);
  for (const { start, end } of ranges) held.fill(1, start, end);
  const known = rowsWithKnownNext(set);
  const training = known.filter((row) => held[row] === 0);
  const holdout = known.filter((row) => held[row] === 1);
  if (training.length === 0 || holdout.length === 0) {
    throw new UserError(`a world model cannot be trained on ${known.length} transitions: none are left to ${training.length === 0 ? "learn from" : "hold out"}`);
  }
  const { from, share } = options.emphasis ?? { from: size, share: 0 };
  const rows = training.filter((row) => row >= from);
  const emphasized = { rows, share: rows.length > 0 ? share : 0 };
  const mixture = [{ rows: training, share: 1 - emphasized.share }, ...(emphasized.share > 0 ? [emphasized] : [])];
  const input = moments(inputs, inputSize, mixture);
  const target = moments(targets, targetSize, mixture);
  standardize(inputs, input.mean, input.scale, INPUT_RANGE);
  standardize(targets, target.mean, target.scale, Infinity);
  return {
    inputs,
    targets,
    inputSize,
    targetSize,
    standardization: { inputMean: input.mean, inputScale: input.scale, targetMean: target.mean, targetScale: target.scale },
    training,
    holdout,
    emphasized,
    heldOut: { rows: size, ranges },
  };
}
