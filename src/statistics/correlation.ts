/**
 * Pearson's correlation coefficient of pairs (xᵢ, yᵢ), in [−1, 1]; NaN where either side has no spread.
 * Throws RangeError for sides of different length.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  if (y.length !== n) throw new RangeError(`a correlation needs pairs, got ${n} and ${y.length} values`);
  const [meanX, meanY] = [x, y].map((values) => Array.from(values).reduce((sum, value) => sum + value, 0) / n);
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i] - meanX, y[i] - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (!(xx > 0 && yy > 0)) return NaN;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** The rank of each value, from 1 on; equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranked = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]] === values[order[first]]) end++;
    for (let i = first; i < end; i++) ranked[order[i]] = (first + 1 + end) / 2;
    first = end;
  }
  return ranked;
}

/** Spearman's rank correlation coefficient: Pearson's of the ranks. NaN and errors as {@link pearson}. */
export const spearman = (x: ArrayLike<number>, y: ArrayLike<number>): number => pearson(ranks(x), ranks(y));
