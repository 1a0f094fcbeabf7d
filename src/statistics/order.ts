import { mean } from "./moments.ts";

// A typed array sorts by size, and without calling back for each comparison.
const ascending = (values: readonly number[]): Float64Array => new Float64Array(values).sort();

/**
 * The value that a share `at` of the others lies below, linear between neighbours (Hyndman and Fan's definition 7, which
 * `numpy.quantile` takes by default). Infinite values are ordered as others are.
 * @throws RangeError of no values, or unless 0 ≤ at ≤ 1
 */
export function quantile(values: readonly number[], at: number): number {
  if (values.length === 0 || !(at >= 0 && at <= 1))
    throw new RangeError(`quantile ${at} of ${values.length} values: needs a value and a share from 0 to 1`);
  const sorted = ascending(values);
  const position = at * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  // between two infinite neighbours the line has no numbers
  return sorted[below] === sorted[above] ? sorted[below] : sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/**
 * The mean of what remains when ⌊share · n⌋ values are cut off at either end, as `scipy.stats.trim_mean` cuts; NaN of
 * nothing.
 * @throws RangeError unless 0 ≤ share < ½
 */
export function trimmedMean(values: readonly number[], share: number): number {
  if (!(share >= 0 && share < 0.5)) throw new RangeError(`trimmed mean: cuts a share from 0 to below 0.5, got ${share}`);
  const cut = Math.floor(share * values.length);
  return mean(ascending(values).subarray(cut, values.length - cut));
}

/** The mean of the middle half (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical Precipice", section 4.3). */
export const interquartileMean = (values: readonly number[]): number => trimmedMean(values, 0.25);
