import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { worldModelSchema } from "../../../agents/world-model/config.ts";
import { ensemble, type WorldModelArchitecture } from "../../../agents/world-model/ensemble.ts";
import { fitWorldModel } from "../../../agents/world-model/fit.ts";
import {
  loadWorldModel,
  modelFromSnapshot,
  modelSnapshot,
  modelStep,
  worldModel,
  type ModelStepOptions,
  type WorldModel,
} from "../../../agents/world-model/model.ts";
import type { Weights } from "../../../agents/trainer.ts";
import { UserError } from "../../../src/errors.ts";
import { createRandom } from "../../../src/random/index.ts";
import { readCheckpoint, saveSafetensors, writeCheckpoint } from "../../../src/runs/index.ts";
import { expectClose, uniformValues } from "../../nn/graphs.ts";
import { plainNetwork } from "../plain-network.ts";
import { handMade, regulatorMember, setOf } from "./hand-made.ts";

const directory = mkdtempSync(join(tmpdir(), "motive-model-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const architecture: WorldModelArchitecture = {
  environment: "Regulator-v0",
  observationSize: 2,
  actionSize: 1,
  members: 3,
  hidden: [7, 5],
  rewards: true,
};

/** Random weights and units. */
function randomModel(elites: readonly number[] = [2, 0]): WorldModel {
  const { theta, bounds } = ensemble(architecture).initialize(createRandom(5));
  return worldModel({
    architecture,
    theta,
    bounds,
    elites,
    holdoutErrors: [0.5, 0.75, 0.25],
    holdout: { rows: 0, ranges: [] },
    standardization: {
      inputMean: Float32Array.of(0.5, -1, 0.2),
      inputScale: Float32Array.of(2, 0.5, 1.5),
      targetMean: Float32Array.of(0.1, -0.3, 4),
      targetScale: Float32Array.of(0.2, 3, 10),
    },
  });
}

interface Inputs {
  readonly observation: ArrayLike<number>;
  readonly action: ArrayLike<number>;
  readonly noise?: ArrayLike<number>;
  readonly chosen: readonly number[];
}

/** One step of all rows; copies of what it gives. */
async function stepOf(model: WorldModel, { observation, action, noise, chosen }: Inputs, options: Omit<ModelStepOptions, "size"> = {}) {
  const step = await modelStep(model, { size: chosen.length, ...options });
  step.observation.set(observation);
  step.action.set(action);
  if (noise) step.noise.set(noise);
  step.choose(chosen);
  const { nextObservation, reward, penalty, disagreement } = await step.run();
  const result = { nextObservation: nextObservation.slice(), reward: reward.slice(), penalty: penalty.slice(), disagreement: disagreement.slice() };
  await step.dispose();
  return result;
}

const random = createRandom(8);
const inputs = {
  observation: uniformValues(random, 8, -2, 2),
  action: uniformValues(random, 4, -1, 1),
  noise: uniformValues(random, 12, -2, 2),
  chosen: [0, 1, 1, 0],
};

describe("a step of a model", () => {
  /** μ and log σ² of a member in the units of observations and rewards, from plain numbers. */
  function predicted(model: WorldModel, member: number, row: readonly number[]): { mean: number[]; sigma: number[] } {
    const { inputMean, inputScale, targetMean, targetScale } = model.standardization;
    const weights = Object.fromEntries(
      Object.entries(model.weights())
        .filter(([name]) => name.startsWith(`member${member}/`))
        .map(([name, array]) => [name.slice(`member${member}/`.length), array]),
    ) as Weights;
    const input = row.map((x, i) => Math.max(-10, Math.min(10, (x - inputMean[i]) / inputScale[i])));
    const output = plainNetwork(weights, "silu", input);
    // the first bounds
    const capped = output.slice(3).map((raw) => 0.5 - Math.log(1 + Math.exp(0.5 - raw)));
    const logVariance = capped.map((x) => -10 + Math.log(1 + Math.exp(x + 10)));
    return {
      mean: output.slice(0, 3).map((x, i) => x * targetScale[i] + targetMean[i]),
      sigma: logVariance.map((x, i) => Math.exp(x / 2) * targetScale[i]),
    };
  }

  const expectSteps = async (observation: Float32Array, noise: Float32Array | undefined): Promise<void> => {
    const model = randomModel();
    const { nextObservation, reward } = await stepOf(model, { ...inputs, observation, noise });
    for (let i = 0; i < 4; i++) {
      const row = [...observation.subarray(2 * i, 2 * i + 2), inputs.action[i]];
      const { mean, sigma } = predicted(model, model.elites[inputs.chosen[i]], row);
      const change = mean.map((m, j) => m + sigma[j] * (noise?.[3 * i + j] ?? 0));
      expectClose(nextObservation.subarray(2 * i, 2 * i + 2), [row[0] + change[0], row[1] + change[1]], { relative: 1e-5, absolute: 1e-5 });
      expectClose([reward[i]], [change[2]], { relative: 1e-5, absolute: 1e-5 });
    }
  };

  it("without noise is that of plain numbers, standardised and back by hand", () => expectSteps(inputs.observation, undefined));

  it("with noise is μ + σ·ε of the plain numbers", () => expectSteps(inputs.observation, inputs.noise));

  it("sees states far away at the edge of what it knows", async () => {
    const far = inputs.observation.map((x) => 1000 * x);
    await expectSteps(far, inputs.noise);
    const { nextObservation } = await stepOf(randomModel(), { ...inputs, observation: far });
    expect(nextObservation[0] - far[0]).not.toBe(0);
  });

  it("stays within what observations are clipped to, and goes anywhere else", async () => {
    const model = handMade({ environment: "Walker2d-v5", observationSize: 17, actionSize: 6, members: [{ offset: Array.from({ length: 17 }, (_, j) => (j % 2 === 0 ? 30 : -30)) }] });
    const observation = Array.from({ length: 17 }, (_, j) => j / 10);
    const { nextObservation } = await stepOf(model, { observation, action: [0, 0, 0, 0, 0, 0], chosen: [0] });
    expectClose(
      nextObservation,
      observation.map((x, j) => (j % 2 === 0 ? (j < 8 ? x + 30 : 10) : j < 8 ? x - 30 : -10)),
    );
  });

  it("is of the chosen elite, whose number counts among the elites", async () => {
    const constant = [10, 20, 30].map((x) => ({ offset: [x, -x, 2 * x] }));
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: constant, rewards: true, elites: [0, 2] });
    const { nextObservation, reward } = await stepOf(model, { observation: [1, 2, 1, 2, 1, 2], action: [0, 0, 0], chosen: [1, 0, 1] });
    expectClose(nextObservation, [31, -28, 11, -8, 31, -28]);
    expectClose(reward, [60, 20, 60]);
  });

  it("gives no reward that it was not taught, and no penalty that nobody asks for", async () => {
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: [{ offset: [1, 1], logVariance: 0 }] });
    const { reward, penalty } = await stepOf(model, { observation: [0, 0], action: [0], chosen: [0] });
    expect([...reward, ...penalty]).toEqual([0, 0]);
  });

  it("reckons penalties over all members, in the units of observations, without the reward", async () => {
    const logs = (...sigmas: number[]): number[] => sigmas.map((x) => 2 * Math.log(x));
    const model = handMade({
      environment: "Regulator-v0",
      observationSize: 2,
      actionSize: 1,
      members: [
        { logVariance: logs(1, 1, 500) },
        { offset: [0.5, 4, 70], logVariance: logs(1.5, 4, 500) },
      ],
      rewards: true,
      elites: [0],
      // σ of the second is (3, 4), and means differ by (1, 4)
      standardization: { targetScale: Float32Array.of(2, 1, 9) },
    });
    const given = { observation: [5, 5], action: [0], chosen: [0] };
    const penaltyOf = async (kind: NonNullable<ModelStepOptions["penalty"]>) => (await stepOf(model, given, { penalty: kind })).penalty[0];
    expect(await penaltyOf("max-aleatoric")).toBeCloseTo(5, 5);
    expect(await penaltyOf("disagreement")).toBeCloseTo(Math.sqrt(17), 5);
    // (4 + 9)/2 + 0.25 and (1 + 16)/2 + 4
    expect(await penaltyOf("ensemble-variance")).toBeCloseTo((6.75 + 12.5) / 2, 5);
    const both = await stepOf(model, given, { penalty: "max-aleatoric", disagreement: true });
    expectClose([both.penalty[0], both.disagreement[0]], [5, Math.sqrt(17)]);
  });

  it("of the regulator's own numbers is the regulator's", async () => {
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: [regulatorMember], rewards: true });
    const { nextObservation, reward } = await stepOf(model, { observation: [1, 2], action: [-0.5], noise: [3, 3, 3], chosen: [0] });
    // v′ = 2 − 0.25, p′ = 1 + 0.1·v′
    expectClose(nextObservation, [1.175, 1.75]);
    expect(reward[0]).toBeCloseTo(2.5, 6);
  });
});

describe("a saved model", () => {
  const path = join(directory, "model.safetensors");

  it("steps as the one that was saved, from a file and from a checkpoint", async () => {
    const model = randomModel();
    saveSafetensors(path, model.weights(), { ...model.metadata() });
    writeCheckpoint(join(directory, "checkpoint.safetensors"), modelSnapshot(model));
    const expected = await stepOf(model, inputs, { penalty: "ensemble-variance" });
    for (const loaded of [loadWorldModel(path), modelFromSnapshot(readCheckpoint(join(directory, "checkpoint.safetensors")))]) {
      expect(await stepOf(loaded, inputs, { penalty: "ensemble-variance" })).toEqual(expected);
      expect(loaded.architecture).toEqual(architecture);
      expect([loaded.elites, loaded.holdoutErrors]).toEqual([
        [2, 0],
        [0.5, 0.75, 0.25],
      ]);
    }
  });

  it("is none yet where its training was stopped before the first measurement", async () => {
    const set = setOf({ observationSize: 2, actionSize: 1, lengths: [20], row: (i) => ({ observation: [i, 0], action: [0], next: [i + 1, 0] }) });
    const config = worldModelSchema.parse({ members: 2, elites: 1, hidden: [4], weightDecay: [0], batchSize: 8, steps: 400, measureEvery: 400 });
    const fit = await fitWorldModel({ environment: "Regulator-v0", set, config, rewards: false, random: createRandom(1) });
    await fit.advance();
    saveSafetensors(path, fit.model.weights(), { ...fit.model.metadata() });
    expect(() => loadWorldModel(path)).toThrow(new UserError(`${path}: its training stopped before the first measurement; continue that run`));
    await fit.advance();
    saveSafetensors(path, fit.model.weights(), { ...fit.model.metadata() });
    expect(loadWorldModel(path).holdoutErrors).toEqual(fit.model.holdoutErrors);
    await fit.close();
  });

  it("is told from other files, and from one whose arrays do not fit", () => {
    const model = randomModel();
    saveSafetensors(path, model.weights(), { ...model.metadata(), kind: "policy" });
    expect(() => loadWorldModel(path)).toThrow(new UserError(`${path}: no world model, its metadata says kind "policy"`));
    const { "member1/0/weight": weight, ...others } = model.weights();
    saveSafetensors(path, { ...others, "member1/0/weight": { ...weight, shape: [7, 3] } }, { ...model.metadata() });
    expect(() => loadWorldModel(path)).toThrow(new UserError(`${path}: "member1/0/weight" has shape [7, 3], the world model needs [3, 7]`));
    saveSafetensors(path, others, { ...model.metadata() });
    expect(() => loadWorldModel(path)).toThrow(UserError);
  });
});
