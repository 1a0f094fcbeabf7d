import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { RowRange } from "./data.ts";
import type { WorldModel } from "./model.ts";

/**
 * How rows count as unseen. `held-out`: the model says that they were held out of its training. `other-dataset`: the set is
 * not what the model was trained on, so that all its rows are unseen.
 */
export type UnseenSource = "held-out" | "other-dataset";

export interface UnseenRows {
  readonly source: UnseenSource;
  /** Consecutive steps, each range within one episode. */
  readonly ranges: readonly RowRange[];
}

/**
 * The rows of a set that a model has not learned from. What was appended to the set for training, as demonstrations are by
 * offline-ml-irl, may be absent: held-out ranges beyond the set's end are left aside. A set in which the others do not end
 * where episodes end is another one.
 */
export function unseenRows({ holdout }: Pick<WorldModel, "holdout">, { size, episodes }: Pick<TransitionSet, "size" | "episodes">): UnseenRows {
  const all = episodes.map(({ start, end }) => ({ start, end }));
  const starts = new Map(all.map(({ start, end }) => [end, start]));
  const ranges = holdout.ranges.filter(({ end }) => end <= size);
  // not equal starts: of a single episode the last part is held out
  const fit = ranges.length > 0 && ranges.every(({ start, end }) => (starts.get(end) ?? Infinity) <= start);
  return fit ? { source: "held-out", ranges } : { source: "other-dataset", ranges: all };
}
