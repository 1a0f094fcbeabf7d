import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { Executor } from "../../src/nn/executor.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import { ensemble, targetSize } from "./ensemble.ts";
import { predictChanges, type WorldModel } from "./model.ts";

/** What all members say of one transition, beside what happened; valid until the next. Units of observations and rewards. */
export interface Prediction {
  /** [D]: the change of every observation and, if the model predicts it, the reward. */
  readonly change: Float64Array;
  /** [members, D] */
  readonly means: Float32Array;
  readonly logVariances: Float32Array;
}

/** Rows that one run of the graph takes. */
const ROWS = 1_000;

/** Predicts rows of a set one after the other. */
export async function predictRows(
  model: WorldModel,
  set: TransitionSet,
  rows: Uint32Array,
  visit: (prediction: Prediction) => void,
  executor?: Executor,
): Promise<void> {
  const { architecture } = model;
  const { observationSize, actionSize, members, rewards } = architecture;
  const outputs = targetSize(architecture);
  const networks = ensemble(architecture);
  const program = await compile(
    {
      name: "world model predictions",
      state: {},
      batch: { observation: [ROWS, observationSize], action: [ROWS, actionSize] },
      update({ batch: { observation, action } }) {
        const gaussians = predictChanges(networks, model, observation, action);
        return {
          state: {},
          outputs: {
            means: op.concat(gaussians.map(({ mean }) => mean), 1),
            logVariances: op.concat(gaussians.map(({ logVariance }) => logVariance), 1),
          },
        };
      },
    },
    executor,
  );
  const [batch] = program.batches;
  const change = new Float64Array(outputs);
  const width = members * outputs;
  try {
    for (let first = 0; first < rows.length; first += ROWS) {
      const chunk = rows.subarray(first, first + ROWS);
      chunk.forEach((row, i) => {
        batch.observation.set(set.observations.subarray(row * observationSize, (row + 1) * observationSize), i * observationSize);
        batch.action.set(set.actions.subarray(row * actionSize, (row + 1) * actionSize), i * actionSize);
      });
      const { means, logVariances } = await program.run();
      chunk.forEach((row, i) => {
        for (let j = 0; j < observationSize; j++) {
          change[j] = set.nextObservations[row * observationSize + j] - set.observations[row * observationSize + j];
        }
        if (rewards) change[observationSize] = set.rewards[row];
        visit({
          change,
          means: means.subarray(i * width, (i + 1) * width),
          logVariances: logVariances.subarray(i * width, (i + 1) * width),
        });
      });
    }
  } finally {
    await program.dispose();
  }
}
