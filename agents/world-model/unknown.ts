import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Random } from "../../src/random/index.ts";
import { mean, quantile } from "../../src/statistics/index.ts";
import { modelStep, type WorldModel } from "./model.ts";
import type { PenaltyKind } from "./penalties.ts";

/** Transitions that are looked at. */
const ROWS = 20_000;
const BATCH = 1_000;

/** Transitions of which only states and actions are asked. */
type Visited = Pick<TransitionSet, "size" | "observations" | "actions">;

/** U(s,a) of transitions drawn from a set. */
async function drawnPenalties(
  model: WorldModel,
  kind: PenaltyKind,
  { size, observations, actions }: Visited,
  random: Random,
  executor?: Executor,
): Promise<number[]> {
  const { observationSize, actionSize } = model.architecture;
  const step = await modelStep(model, { size: BATCH, penalty: kind, executor });
  const found: number[] = [];
  step.choose(new Int32Array(BATCH));
  try {
    while (found.length < ROWS) {
      for (let i = 0; i < BATCH; i++) {
        const row = random.integer(size);
        step.observation.set(observations.subarray(row * observationSize, (row + 1) * observationSize), i * observationSize);
        step.action.set(actions.subarray(row * actionSize, (row + 1) * actionSize), i * actionSize);
      }
      found.push(...(await step.run()).penalty);
    }
  } finally {
    await step.dispose();
  }
  return found;
}

/**
 * How far members disagree, maxᵢⱼ ‖μᵢ − μⱼ‖₂, at most in this share of a set's transitions: (s, a) where they disagree more count as
 * unknown (MOReL's detector, Kidambi et al. 2020, definition 2, whose limit is a free parameter).
 */
export const disagreementLimit = async (model: WorldModel, set: Visited, share: number, random: Random, executor?: Executor): Promise<number> =>
  quantile(await drawnPenalties(model, "disagreement", set, random, executor), share);

/** The mean of U(s,a) over a set's transitions. */
export const meanPenalty = async (model: WorldModel, kind: PenaltyKind, set: Visited, random: Random, executor?: Executor): Promise<number> =>
  mean(await drawnPenalties(model, kind, set, random, executor));
