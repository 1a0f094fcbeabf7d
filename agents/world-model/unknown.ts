import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Random } from "../../src/random/index.ts";
import { quantile } from "../../src/statistics/index.ts";
import { modelStep, type WorldModel } from "./model.ts";

/** Transitions that the limit is taken from. */
const ROWS = 20_000;
const BATCH = 1_000;

/**
 * How far members disagree, maxᵢⱼ ‖μᵢ − μⱼ‖₂, at most in this share of a set's transitions: (s, a) where they disagree more count as
 * unknown (MOReL's detector, Kidambi et al. 2020, definition 2, whose limit is a free parameter).
 */
export async function disagreementLimit(
  model: WorldModel,
  { size, observations, actions }: Pick<TransitionSet, "size" | "observations" | "actions">,
  share: number,
  random: Random,
  executor?: Executor,
): Promise<number> {
  const { observationSize, actionSize } = model.architecture;
  const step = await modelStep(model, { size: BATCH, disagreement: true, executor });
  const found: number[] = [];
  step.choose(new Int32Array(BATCH));
  try {
    while (found.length < ROWS) {
      for (let i = 0; i < BATCH; i++) {
        const row = random.integer(size);
        step.observation.set(observations.subarray(row * observationSize, (row + 1) * observationSize), i * observationSize);
        step.action.set(actions.subarray(row * actionSize, (row + 1) * actionSize), i * actionSize);
      }
      found.push(...(await step.run()).disagreement);
    }
  } finally {
    await step.dispose();
  }
  return quantile(found, share);
}
