const COEFFICIENTS = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];

/** Φ(z) of the standard normal distribution, within 1e-7 (Abramowitz and Stegun 1964, eq. 26.2.17). */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const polynomial = COEFFICIENTS.reduceRight((sum, coefficient) => t * (coefficient + sum), 0);
  const tail = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * polynomial;
  return z > 0 ? 1 - tail : tail;
}
