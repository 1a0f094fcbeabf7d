import { describe, expect, it } from "vitest";
import { modelPhase } from "../../agents/model-phase.ts";
import type { Trainer } from "../../agents/trainer.ts";
import type { ModelFit } from "../../agents/world-model/fit.ts";
import type { WorldModel } from "../../agents/world-model/model.ts";
import { handMade } from "./world-model/hand-made.ts";

/** A model that says which one it is. */
const modelOf = (offset: number): WorldModel =>
  handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: [{ offset: [offset, 0] }] });

const offsetOf = (model: WorldModel): number => model.weights()["0/bias"].values[0];

/** Training that stops after some updates, 10 at a time. */
function fitOf(stopsAt: number) {
  let updates = 0;
  let closed = 0;
  const fit: ModelFit = {
    get updates() {
      return updates;
    },
    get done() {
      return updates >= stopsAt;
    },
    advance: () => Promise.resolve({ modelUpdates: (updates += 10) }),
    get model() {
      return modelOf(updates);
    },
    snapshot: () => ({ arrays: { counted: Float64Array.of(updates) }, values: { updates } }),
    restore({ values }) {
      updates = Number(values.updates);
    },
    close() {
      closed++;
      return Promise.resolve();
    },
  };
  return { fit, closed: () => closed };
}

/** Trainers of 5 steps at a time, and the models that they were made for. */
function trainers(totalSteps: number) {
  const models: number[] = [];
  let closed = 0;
  const train = (model: WorldModel): Promise<Trainer> => {
    models.push(offsetOf(model));
    let steps = 0;
    return Promise.resolve({
      environmentSteps: 0,
      get steps() {
        return steps;
      },
      totalSteps,
      get done() {
        return steps >= totalSteps;
      },
      advance: () => Promise.resolve({ environmentSteps: 0, policyUpdates: (steps += 5) }),
      snapshot: () => ({ arrays: {}, values: { steps } }),
      restore({ values }) {
        steps = Number(values.steps);
      },
      close() {
        closed++;
      },
    });
  };
  return { train, models, closed: () => closed };
}

async function finish(trainer: Trainer): Promise<number[]> {
  const steps = [trainer.steps];
  while (!trainer.done) {
    await trainer.advance();
    steps.push(trainer.steps);
  }
  return steps;
}

describe("a run of two phases", () => {
  it("trains a model, and then in it; its steps are those of both", async () => {
    const { train, models } = trainers(20);
    const trainer = await modelPhase({ model: { fit: fitOf(30).fit, steps: 30 }, steps: 20, train });
    expect(trainer.totalSteps).toBe(50);
    expect(await finish(trainer)).toEqual([0, 10, 20, 30, 35, 40, 45, 50]);
    expect(models).toEqual([30]);
    expect(offsetOf(trainer.model as WorldModel)).toBe(30);
  });

  it("counts updates that an early stop left out as made, and those beyond the end not at all", async () => {
    const early = await modelPhase({ model: { fit: fitOf(20).fit, steps: 1000 }, steps: 10, train: trainers(10).train });
    expect(await finish(early)).toEqual([0, 10, 1000, 1005, 1010]);
    const late = await modelPhase({ model: { fit: fitOf(25).fit, steps: 25 }, steps: 10, train: trainers(10).train });
    expect(await finish(late)).toEqual([0, 10, 20, 25, 30, 35]);
    expect(late.totalSteps).toBe(35);
  });

  it("needs no first phase where a model is given", async () => {
    const { train, models } = trainers(20);
    const trainer = await modelPhase({ model: modelOf(4), steps: 20, train });
    expect(trainer.totalSteps).toBe(20);
    expect(await finish(trainer)).toEqual([0, 5, 10, 15, 20]);
    expect(models).toEqual([4]);
  });

  it("goes on from a snapshot in either phase, in the model of the first", async () => {
    const start = async () => {
      const made = trainers(20);
      return { ...made, trainer: await modelPhase({ model: { fit: fitOf(30).fit, steps: 30 }, steps: 20, train: made.train }) };
    };
    for (const before of [1, 2, 3, 5]) {
      const original = await start();
      for (let i = 0; i < before; i++) await original.trainer.advance();
      const resumed = await start();
      await resumed.trainer.restore(original.trainer.snapshot());
      expect(resumed.trainer.steps).toBe(original.trainer.steps);
      expect(await finish(resumed.trainer)).toEqual(await finish(original.trainer));
      expect(resumed.models).toEqual([30]);
      expect(offsetOf(resumed.trainer.model as WorldModel)).toBe(30);
    }
  });

  it("closes what it holds", async () => {
    const { fit, closed } = fitOf(10);
    const made = trainers(20);
    const trainer = await modelPhase({ model: { fit, steps: 10 }, steps: 20, train: made.train });
    await trainer.advance();
    trainer.close();
    expect([closed(), made.closed()]).toEqual([1, 1]);
  });
});
