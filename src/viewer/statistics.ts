/** Mean and standard deviation (division by n) of the numbers that are finite. */
export function moments(values: ArrayLike<number>): { readonly mean: number; readonly deviation: number } {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (!Number.isFinite(x)) continue;
    count++;
    const delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean);
  }
  return { mean, deviation: count > 0 ? Math.sqrt(squares / count) : NaN };
}

/** (x − mean)/deviation; all zeros where the numbers do not vary, NaN where they are not finite. */
export function zScores(values: ArrayLike<number>): Float64Array {
  const { mean, deviation } = moments(values);
  return Float64Array.from({ length: values.length }, (_, i) => {
    if (!Number.isFinite(values[i])) return NaN;
    return deviation > 0 ? (values[i] - mean) / deviation : 0;
  });
}

/** Pearson's correlation over the places where both are finite; NaN where either does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = Array.from({ length: Math.min(a.length, b.length) }, (_, i) => i).filter(
    (i) => Number.isFinite(a[i]) && Number.isFinite(b[i]),
  );
  const x = moments(pairs.map((i) => a[i]));
  const y = moments(pairs.map((i) => b[i]));
  const covariance = pairs.reduce((sum, i) => sum + (a[i] - x.mean) * (b[i] - y.mean), 0) / pairs.length;
  return covariance / (x.deviation * y.deviation);
}

/** |zₐ − z_b|: where two rewards rank steps differently, whatever their units. */
export function disagreement(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const [x, y] = [zScores(a), zScores(b)];
  return x.map((value, i) => Math.abs(value - y[i]));
}

/**
 * The indices of the highest values, each the highest within `distance` of itself, highest first.
 */
export function peaks(values: ArrayLike<number>, count: number, distance: number): number[] {
  const order = Array.from({ length: values.length }, (_, i) => i)
    .filter((i) => Number.isFinite(values[i]) && values[i] > 0)
    .sort((i, j) => values[j] - values[i] || i - j);
  const found: number[] = [];
  for (const i of order) {
    if (found.length === count) break;
    if (found.every((j) => Math.abs(i - j) >= distance)) found.push(i);
  }
  return found;
}
