import { targetSize } from "./ensemble.ts";
import type { WorldModel } from "./model.ts";
import type { Prediction } from "./predictions.ts";

/** How well one step is predicted, averaged over rows and components of the target, in standardised units. */
export interface OneStepError {
  /** Mean squared error of the mean. */
  readonly error: number;
  /** −log p in nats per component; (the metrics' `holdoutLoss` + log 2π)/2. */
  readonly negativeLogLikelihood: number;
}

export interface OneStepErrors {
  readonly members: readonly OneStepError[];
  /** Of predicting the training data's mean and variance for every row. */
  readonly meanChange: OneStepError;
}

/** Gathers the errors of all members over predictions. */
export function oneStepErrors({ architecture, standardization }: Pick<WorldModel, "architecture" | "standardization">) {
  const { members } = architecture;
  const { targetMean, targetScale } = standardization;
  const outputs = targetSize(architecture);
  // the last one is the mean change
  const errors = new Float64Array(members + 1);
  const likelihoods = new Float64Array(members + 1);
  let rows = 0;

  const add = (index: number, squaredError: number, logVariance: number): void => {
    errors[index] += squaredError;
    likelihoods[index] += 0.5 * (squaredError * Math.exp(-logVariance) + logVariance + Math.log(2 * Math.PI));
  };
  const resultOf = (index: number): OneStepError => ({
    error: errors[index] / (rows * outputs),
    negativeLogLikelihood: likelihoods[index] / (rows * outputs),
  });
  return {
    add({ change, means, logVariances }: Prediction): void {
      rows++;
      for (let j = 0; j < outputs; j++) {
        const scale = targetScale[j];
        for (let member = 0; member < members; member++) {
          const i = member * outputs + j;
          add(member, ((means[i] - change[j]) / scale) ** 2, logVariances[i] - 2 * Math.log(scale));
        }
        add(members, ((targetMean[j] - change[j]) / scale) ** 2, 0);
      }
    },
    result: (): OneStepErrors => ({
      members: Array.from({ length: members }, (_, member) => resultOf(member)),
      meanChange: resultOf(members),
    }),
  };
}
