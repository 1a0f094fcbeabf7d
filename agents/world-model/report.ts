import { rowsWithKnownNext, type TransitionSet } from "../../datasets/transition-set.ts";
import { UserError } from "../../src/errors.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Random } from "../../src/random/index.ts";
import { calibration, type Calibration } from "./calibration.ts";
import type { WorldModel } from "./model.ts";
import { oneStepErrors, type OneStepErrors } from "./one-step.ts";
import { openLoop, type OpenLoop, type OpenLoopStart } from "./open-loop.ts";
import { predictRows } from "./predictions.ts";
import { unseenRows, type UnseenRows, type UnseenSource } from "./unseen.ts";

/** How well a world model predicts what it has not learned from. */
export interface ModelReport {
  readonly unseen: {
    readonly source: UnseenSource;
    readonly episodes: number;
    /** Rows whose next state is known. */
    readonly rows: number;
    /** Those that `oneStep` and `calibration` are over: all, or so many drawn from them. */
    readonly measured: number;
    /** Rows of the set that the model was trained on, appended demonstrations included. */
    readonly trainedOn: number;
  };
  readonly oneStep: OneStepErrors;
  readonly openLoop: OpenLoop;
  readonly calibration: Calibration;
}

export interface ReportOptions {
  /** Steps K of the longest open-loop rollout. */
  readonly steps: number;
  /** Rows that rollouts start from, at most. */
  readonly starts: number;
  readonly random: Random;
  readonly executor?: Executor;
}

/** Rows whose single step is predicted, at most. */
const MOST_ROWS = 20_000;

/** Unseen rows whose next state is known, with the number of such rows from each on in its range. */
function startsOf(set: TransitionSet, { ranges }: UnseenRows): OpenLoopStart[] {
  const known = new Uint8Array(set.size);
  for (const row of rowsWithKnownNext(set)) known[row] = 1;
  return ranges.flatMap(({ start, end }) => {
    // only an episode's last next state may be unknown
    const last = end - (known[end - 1] === 1 ? 0 : 1);
    return Array.from({ length: last - start }, (_, i) => ({ row: start + i, steps: last - start - i }));
  });
}

/** So many of the items at most, drawn without replacement, in order. */
function drawn<T>(items: readonly T[], most: number, random: Random): readonly T[] {
  if (items.length <= most) return items;
  return Array.from(random.permutation(items.length).subarray(0, most).sort(), (index) => items[index]);
}

/**
 * Measures a model on the rows of a set that it has not learned from.
 * @throws UserError when no such row's next state is known
 */
export async function reportOn(model: WorldModel, set: TransitionSet, { steps, starts, random, executor }: ReportOptions): Promise<ModelReport> {
  const unseen = unseenRows(model, set);
  const candidates = startsOf(set, unseen);
  if (candidates.length === 0) throw new UserError("there is nothing to measure a world model on: no unseen row's next state is known");
  const rows = Uint32Array.from(drawn(candidates, MOST_ROWS, random.split("rows")), ({ row }) => row);
  const errors = oneStepErrors(model);
  const covered = calibration(model);
  await predictRows(
    model,
    set,
    rows,
    (prediction) => {
      errors.add(prediction);
      covered.add(prediction);
    },
    executor,
  );
  const chosen = drawn(candidates, starts, random.split("starts")).map((one) => ({ ...one, steps: Math.min(steps, one.steps) }));
  return {
    unseen: { source: unseen.source, episodes: unseen.ranges.length, rows: candidates.length, measured: rows.length, trainedOn: model.holdout.rows },
    oneStep: errors.result(),
    openLoop: await openLoop({ model, set, starts: chosen, random: random.split("open loop"), executor }),
    calibration: covered.result(),
  };
}
