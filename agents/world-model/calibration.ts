import { targetSize } from "./ensemble.ts";
import type { WorldModel } from "./model.ts";
import { normalCdf } from "./normal.ts";
import type { Prediction } from "./predictions.ts";

/** Nominal shares of central intervals. */
export const LEVELS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/** How many true next states lie within central intervals of what the elites predict. */
export interface Calibration {
  readonly levels: readonly number[];
  /** The share at each level of the mixture of elites, each as likely as the others, over all components of the observation. */
  readonly coverage: readonly number[];
  /** The share within an elite's own interval, mean over the elites. */
  readonly single: readonly number[];
  /** The mixture's of each component. */
  readonly components: readonly (readonly number[])[];
}

/** Gathers coverage over predictions. */
export function calibration({ architecture, elites }: Pick<WorldModel, "architecture" | "elites">) {
  const { observationSize } = architecture;
  const outputs = targetSize(architecture);
  const inside = Array.from({ length: observationSize }, () => new Float64Array(LEVELS.length));
  const insideSingle = new Float64Array(LEVELS.length);
  let rows = 0;

  /** Counts the central intervals that hold a point at this quantile: that of share p lies between (1 − p)/2 and (1 + p)/2. */
  const count = (quantile: number, counts: Float64Array): void => {
    const share = Math.abs(2 * quantile - 1);
    LEVELS.forEach((level, i) => {
      if (share <= level) counts[i]++;
    });
  };

  return {
    add({ change, means, logVariances }: Prediction): void {
      rows++;
      for (let j = 0; j < observationSize; j++) {
        let cdf = 0;
        for (const member of elites) {
          const i = member * outputs + j;
          const ofMember = normalCdf((change[j] - means[i]) * Math.exp(-0.5 * logVariances[i]));
          count(ofMember, insideSingle);
          cdf += ofMember / elites.length;
        }
        count(cdf, inside[j]);
      }
    },
    result: (): Calibration => ({
      levels: LEVELS,
      coverage: LEVELS.map((_, i) => inside.reduce((sum, counts) => sum + counts[i], 0) / (rows * observationSize)),
      single: Array.from(insideSingle, (count) => count / (rows * observationSize * elites.length)),
      components: inside.map((counts) => Array.from(counts, (count) => count / rows)),
    }),
  };
}
