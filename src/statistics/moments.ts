/** The arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

const squaredDeviations = (values: readonly number[]): number => {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
};

/** √(Σ(x − x̄)²/(n − 1)), an estimate of the spread that the values were drawn from; undefined of fewer than two. */
export const sampleDeviation = (values: readonly number[]): number | undefined =>
  values.length < 2 ? undefined : Math.sqrt(squaredDeviations(values) / (values.length - 1));

/** √(Σ(x − x̄)²/n), the spread of these values themselves, as `numpy.std` has it; NaN of nothing. */
export const populationDeviation = (values: readonly number[]): number =>
  Math.sqrt(squaredDeviations(values) / values.length);
