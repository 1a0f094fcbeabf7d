import { combine, select } from "../src/runs/snapshot.ts";
import type { Trainer } from "./trainer.ts";
import type { ModelFit } from "./world-model/fit.ts";
import { modelFromSnapshot, modelSnapshot, type WorldModel } from "./world-model/model.ts";

export interface ModelPhaseOptions {
  /** The model to act in, or the training of one. */
  readonly model: WorldModel | { readonly fit: ModelFit; readonly steps: number };
  /** Steps of the second phase. */
  readonly steps: number;
  /** Makes the trainer that acts in the model. */
  train(model: WorldModel): Promise<Trainer>;
}

/**
 * A run of two phases: a world model is trained, unless one is given, and then a policy in it. Progress counts the updates of
 * both; those that an early stop of the model leaves out count as made.
 */
export async function modelPhase({ model: given, steps, train }: ModelPhaseOptions): Promise<Trainer> {
  if (!("fit" in given)) return train(given);
  const { fit, steps: modelSteps } = given;
  let second: { readonly model: WorldModel; readonly trainer: Trainer } | undefined;
  return {
    environmentSteps: 0,
    get steps() {
      return second === undefined ? Math.min(fit.updates, modelSteps - 1) : modelSteps + second.trainer.steps;
    },
    totalSteps: modelSteps + steps,
    get done() {
      return second?.trainer.done ?? false;
    },
    get policy() {
      return second?.trainer.policy;
    },
    get reward() {
      return second?.trainer.reward;
    },
    get model() {
      return second?.model ?? fit.model;
    },
    async advance() {
      if (second !== undefined) return second.trainer.advance();
      const metrics = await fit.advance();
      if (fit.done) {
        const { model } = fit;
        second = { model, trainer: await train(model) };
        await fit.close();
      }
      return { environmentSteps: 0, ...metrics };
    },
    snapshot: () =>
      second === undefined
        ? combine({ fit: fit.snapshot() })
        : combine({ model: modelSnapshot(second.model), trainer: second.trainer.snapshot() }),
    async restore(snapshot) {
      if (Object.keys(snapshot.arrays).some((name) => name.startsWith("fit/"))) {
        fit.restore(select(snapshot, "fit"));
        return;
      }
      const model = modelFromSnapshot(select(snapshot, "model"));
      const trainer = await train(model);
      second = { model, trainer };
      await Promise.all([fit.close(), trainer.restore(select(snapshot, "trainer"))]);
    },
    close() {
      if (second === undefined) void fit.close();
      else second.trainer.close();
    },
  };
}
