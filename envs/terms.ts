import type { Random } from "../src/random/index.ts";

/** Whether x is strictly between the ends. */
export const inside = (x: number, [low, high]: readonly [number, number]): boolean => low < x && x < high;

export const clip = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));

export function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

/** Adds U(−scale, scale) to every element. */
export function addUniform(random: Random, values: Float64Array, scale: number): void {
  for (let i = 0; i < values.length; i++) values[i] += scale * (2 * random.uniform() - 1);
}

/** Adds N(0, scale²) to every element. */
export function addNormal(random: Random, values: Float64Array, scale: number): void {
  for (let i = 0; i < values.length; i++) values[i] += scale * random.normal();
}

/** Copies `source` from index `first` on to `target` at `offset`; returns the offset after it. */
export function append(source: Float64Array, first: number, target: Float64Array, offset: number): number {
  for (let i = first; i < source.length; i++) target[offset + i - first] = source[i];
  return offset + source.length - first;
}

/** As {@link append}, with every value brought into [low, high]. */
export function appendClipped(
  source: Float64Array,
  first: number,
  [low, high]: readonly [number, number],
  target: Float64Array,
  offset: number,
): number {
  for (let i = first; i < source.length; i++) target[offset + i - first] = clip(source[i], low, high);
  return offset + source.length - first;
}

/** What a step pays for survival. Gymnasium's version 4 also pays in the step that ends the episode. */
export function survivalReward(
  version: 4 | 5,
  healthy: boolean,
  options: { readonly healthy_reward: number; readonly terminate_when_unhealthy: boolean },
): number {
  return healthy || (version === 4 && options.terminate_when_unhealthy) ? options.healthy_reward : 0;
}

/** {@link survivalReward} in words. */
export const survivalFormula = (version: 4 | 5): string =>
  version === 4
    ? "healthy_reward where healthy′ or terminate_when_unhealthy"
    : "healthy_reward where healthy′";
