import { returnsOf, type Dataset, type DatasetFormat, type InfoFacts } from "./dataset.ts";
import { normalizedScore, referenceScores, type ReferenceScores } from "./scores.ts";

export interface Range {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** What there is to say of a dataset at a glance. */
export interface DatasetSummary {
  readonly format: DatasetFormat;
  /** Null where neither the file nor the reader says it. */
  readonly environment: string | null;
  readonly episodes: number;
  readonly transitions: number;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Undiscounted returns of the episodes. */
  readonly returns: Range;
  /** Steps of the episodes. */
  readonly lengths: Range;
  /** Episodes that ended in a terminal state, and that reached a time limit or were cut. */
  readonly terminations: number;
  readonly truncations: number;
  /** The mean return on the scale of `referenceScores`, 0 to 1; null where there is no scale. */
  readonly normalizedScore: number | null;
  readonly referenceScores: ReferenceScores | null;
  readonly infos: readonly InfoFacts[];
  readonly notes: readonly string[];
}

function rangeOf(values: ArrayLike<number>): Range {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
    sum += values[i];
  }
  return { min, mean: sum / values.length, max };
}

/** Summarises a dataset; reads its flags and rewards only. @param returns of the episodes, where known already */
export function summarize(dataset: Dataset, returns = returnsOf(dataset)): DatasetSummary {
  const { format, episodes, size, observationSize, actionSize, infos, notes } = dataset;
  const range = rangeOf(returns);
  const scores = referenceScores(dataset);
  return {
    format,
    environment: dataset.environment ?? null,
    episodes: episodes.length,
    transitions: size,
    observationSize,
    actionSize,
    returns: range,
    lengths: rangeOf(episodes.map(({ start, end }) => end - start)),
    terminations: episodes.filter(({ terminated }) => terminated).length,
    truncations: episodes.filter(({ truncated }) => truncated).length,
    normalizedScore: scores === undefined ? null : normalizedScore(range.mean, scores),
    referenceScores: scores ?? null,
    infos,
    notes,
  };
}
