import type { Random } from "../random/index.ts";
import { bootstrapInterval, type BootstrapOptions, type Interval, type Strata } from "./bootstrap.ts";
import { mean } from "./moments.ts";

/** U/(n·m) of Mann and Whitney (1947): the share of pairs (x, y) with x > y, a tie being half a pair. */
export function shareOfWins(x: readonly number[], y: readonly number[]): number {
  let wins = 0;
  for (const a of x) for (const b of y) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (x.length * y.length);
}

/**
 * How likely a run of X is better than one of Y, on a task drawn at random: the mean of P(X > Y) over tasks (Agarwal et
 * al. 2021, section 4.3).
 * @param x of each task, in the order of `y`
 * @throws RangeError when the two are not of the same tasks, one at least
 */
export function probabilityOfImprovement(x: Strata, y: Strata): number {
  if (x.length !== y.length || x.length === 0)
    throw new RangeError(`probability of improvement: ${x.length} and ${y.length} tasks, needs the same ones of both`);
  return mean(x.map((runs, task) => shareOfWins(runs, y[task])));
}

/** Its percentile interval, the runs of X and of Y drawn apart; undefined where either has a task with fewer than two. */
export function improvementInterval(x: Strata, y: Strata, random: Random, options?: BootstrapOptions): Interval | undefined {
  const statistic = (both: Strata): number =>
    probabilityOfImprovement(both.slice(0, x.length), both.slice(x.length));
  return bootstrapInterval([...x, ...y], statistic, random, options);
}
