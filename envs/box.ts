import type { Random } from "../src/random/index.ts";

/** A set of vectors bounded per component; bounds may be infinite. */
export interface Box {
  readonly shape: readonly number[];
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Whether `x` has the right length and lies within the (closed) bounds; NaN lies nowhere. */
  contains(x: ArrayLike<number>): boolean;
  /**
   * A random element. As in Gymnasium: uniform where both bounds are finite, normal where none is, and exponential
   * away from the bound where there is one.
   */
  sample(random: Random): Float64Array;
}

/** The box between two vectors of equal length. Throws RangeError where a lower bound exceeds the upper one. */
export function box(low: ArrayLike<number>, high: ArrayLike<number>): Box {
  const lower = Float64Array.from(low);
  const upper = Float64Array.from(high);
  if (lower.length !== upper.length) {
    throw new RangeError(`a box needs bounds of equal length, got ${lower.length} and ${upper.length}`);
  }
  for (let i = 0; i < lower.length; i++) {
    if (!(lower[i] <= upper[i]))
      throw new RangeError(`a box needs low <= high, got ${lower[i]} and ${upper[i]}`);
  }
  return {
    shape: [lower.length],
    low: lower,
    high: upper,
    contains(x) {
      if (x.length !== lower.length) return false;
      for (let i = 0; i < lower.length; i++) if (!(x[i] >= lower[i] && x[i] <= upper[i])) return false;
      return true;
    },
    sample: (random) => lower.map((from, i) => sampleBetween(from, upper[i], random)),
  };
}

/** The box of all vectors of a length. */
export function unbounded(length: number): Box {
  return box(new Float64Array(length).fill(-Infinity), new Float64Array(length).fill(Infinity));
}

function sampleBetween(low: number, high: number, random: Random): number {
  if (low === -Infinity && high === Infinity) return random.normal();
  if (high === Infinity) return low - Math.log(1 - random.uniform());
  if (low === -Infinity) return high + Math.log(1 - random.uniform());
  return low + (high - low) * random.uniform();
}
