import type { Environment } from "../envs/index.ts";
import type { Policy } from "./policy.ts";
import { evaluatePolicy } from "./rollout.ts";
import type { Metrics } from "./trainer.ts";

/**
 * Measures a policy by the true reward when another interval of steps is over. The episodes are drawn from the number of
 * the evaluation, so a resumed run sees the same ones; they take no part in training and are not counted as its steps.
 */
export function periodicEvaluation(environment: Environment, policy: Policy, interval: number, episodes: number) {
  return async (stepsBefore: number, steps: number, last: boolean): Promise<Metrics> => {
    const index = Math.floor(steps / interval);
    if (index === Math.floor(stepsBefore / interval) && !last) return {};
    const { mean, std, meanLength } = await evaluatePolicy(environment, policy, { episodes, seed: 1_000_003 + index, mode: "mean" });
    return { evaluationReturn: mean, evaluationReturnStd: std, evaluationLength: meanLength };
  };
}
