import { describe, expect, it } from "vitest";
import type { Metrics } from "../../../agents/trainer.ts";
import { worldModelSchema } from "../../../agents/world-model/config.ts";
import { fitWorldModel, type FitOptions, type ModelFit } from "../../../agents/world-model/fit.ts";
import { modelStep, worldModel, type WorldModel } from "../../../agents/world-model/model.ts";
import type { TransitionSet } from "../../../datasets/transition-set.ts";
import { UserError } from "../../../src/errors.ts";
import { createRandom } from "../../../src/random/index.ts";
import type { Snapshot } from "../../../src/runs/snapshot.ts";
import { setOf } from "./hand-made.ts";

const SIGMA = [0.1, 0.3] as const;
const REWARD_SIGMA = 0.2;

/** s′ = s + A(s, a) + σ·ε and a reward of (s, a) with noise: what is left of the error is known. */
function linearGaussian(episodes: number, length: number, seed: number): TransitionSet {
  const random = createRandom(seed);
  return setOf({
    observationSize: 2,
    actionSize: 1,
    lengths: new Array<number>(episodes).fill(length),
    row: () => {
      const [x, y, a] = [2 * random.normal(), random.normal() - 3, random.normal()];
      const next = [x - 0.2 * x + 0.5 * a + SIGMA[0] * random.normal(), y + 0.1 * x - a + SIGMA[1] * random.normal()];
      return { observation: [x, y], action: [a], next, reward: x + 2 * a + REWARD_SIGMA * random.normal() };
    },
  });
}

function start(set: TransitionSet, changes: object, seed = 1, rewards = false, emphasis?: FitOptions["emphasis"]): Promise<ModelFit> {
  const config = worldModelSchema.parse({
    members: 3,
    elites: 2,
    hidden: [16],
    weightDecay: [1e-5],
    learningRate: 3e-3,
    batchSize: 128,
    steps: 1500,
    measureEvery: 250,
    patience: 100,
    ...changes,
  });
  return fitWorldModel({ environment: "Regulator-v0", set, config, rewards, emphasis, random: createRandom(seed) });
}

async function finish(fit: ModelFit): Promise<Metrics[]> {
  const records: Metrics[] = [];
  while (!fit.done) records.push(await fit.advance());
  return records;
}

/** A model in which one member alone predicts. */
const onlyMember = (model: WorldModel, member: number): WorldModel => worldModel({ ...model, elites: [member] });

/** Predicted changes (s′ − s, r) of rows, by one member, with noise ε for every component. */
async function changesOf(model: WorldModel, set: TransitionSet, rows: readonly number[], noise = 0): Promise<number[][]> {
  const step = await modelStep(model, { size: rows.length });
  rows.forEach((row, i) => {
    step.observation.set(set.observations.subarray(2 * row, 2 * row + 2), 2 * i);
    step.action[i] = set.actions[row];
  });
  step.noise.fill(noise);
  step.choose(rows.map(() => 0));
  const { nextObservation, reward } = await step.run();
  const result = rows.map((_, i) => [0, 1].map((j) => nextObservation[2 * i + j] - step.observation[2 * i + j]));
  if (model.architecture.rewards) result.forEach((change, i) => change.push(reward[i]));
  await step.dispose();
  return result;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Mean squared error on rows in standardised units, recomputed. */
async function errorOf(model: WorldModel, set: TransitionSet, rows: readonly number[]): Promise<number> {
  const { targetScale } = model.standardization;
  const changes = await changesOf(model, set, rows);
  let sum = 0;
  rows.forEach((row, i) => {
    const change = [0, 1].map((j) => set.nextObservations[2 * row + j] - set.observations[2 * row + j]);
    change.forEach((value, j) => (sum += ((changes[i][j] - value) / targetScale[j]) ** 2));
  });
  return sum / (2 * rows.length);
}

describe("a world model of a linear system with Gaussian noise", () => {
  it("comes to the noise floor, and knows the noise", async () => {
    const fit = await start(linearGaussian(80, 50, 3), {}, 1, true);
    const records = await finish(fit);
    expect(fit.updates).toBe(1500);
    const { model } = fit;
    const { targetScale } = model.standardization;
    const floor = [...SIGMA, REWARD_SIGMA].reduce((sum, sigma, j) => sum + (sigma / targetScale[j]) ** 2, 0) / 3;
    for (const error of model.holdoutErrors) {
      // 200 held-out rows: the measured floor itself is right to 6 % or so
      expect(error).toBeGreaterThan(0.75 * floor);
      expect(error).toBeLessThan(1.35 * floor);
    }
    // mean log σ² + 1, in standardised units, is the least that 2·NLL can be
    const least = [...SIGMA, REWARD_SIGMA].reduce((sum, sigma, j) => sum + 2 * Math.log(sigma / targetScale[j]) + 1, 0) / 3;
    expect(records.at(-1)!.holdoutLoss).toBeGreaterThan(least - 0.2);
    expect(records.at(-1)!.holdoutLoss).toBeLessThan(least + 0.2);

    // on data that it has never seen
    const fresh = linearGaussian(1, 500, 4);
    for (const member of [0, 1, 2]) {
      const [means, above] = [await changesOf(onlyMember(model, member), fresh, range(0, 500)), await changesOf(onlyMember(model, member), fresh, range(0, 500), 1)];
      for (const [j, sigma] of [...SIGMA, REWARD_SIGMA].entries()) {
        const predicted = means.reduce((sum, row, i) => sum + above[i][j] - row[j], 0) / 500;
        expect(predicted / sigma, `σ of component ${j}`).toBeGreaterThan(0.85);
        expect(predicted / sigma, `σ of component ${j}`).toBeLessThan(1.15);
      }
      const error = range(0, 500).reduce((sum, i) => {
        const [x, , a] = [fresh.observations[2 * i], fresh.observations[2 * i + 1], fresh.actions[i]];
        return sum + (means[i][0] - (-0.2 * x + 0.5 * a)) ** 2 + (means[i][1] - (0.1 * x - a)) ** 2;
      }, 0);
      // of what is not noise, in the system's own units
      expect(Math.sqrt(error / 1000)).toBeLessThan(0.1);
    }
    await fit.close();
  });
});

describe("the members' samples", () => {
  /** Two episodes of the same 8 rows, each of its own direction: one episode is learned from, one is held out. */
  const directions = setOf({
    observationSize: 8,
    actionSize: 1,
    lengths: [8, 8],
    row: (i) => {
      const observation = new Array<number>(8).fill(0).with(i % 8, 1);
      return { observation, action: [0], next: observation.with(0, observation[0] + ((i % 8) % 3) - 1) };
    },
  });

  /** For each of 6 members, how many of the 8 rows it gets right. */
  async function learned(bootstrap: boolean): Promise<number[]> {
    const fit = await start(directions, {
      members: 6,
      elites: 6,
      hidden: [],
      weightDecay: [0],
      learningRate: 0.02,
      batchSize: 16,
      steps: 600,
      measureEvery: 600,
      beta: 0,
      bootstrap,
      holdoutFraction: 0.5,
    });
    await finish(fit);
    const counts = [];
    for (let member = 0; member < 6; member++) {
      const step = await modelStep(onlyMember(fit.model, member), { size: 8 });
      step.observation.set(directions.observations.subarray(0, 64));
      step.choose(new Array<number>(8).fill(0));
      const { nextObservation } = await step.run();
      const right = range(0, 8).filter((i) => Math.abs(nextObservation[8 * i] - directions.nextObservations[8 * i]) < 0.1);
      counts.push(right.length);
      await step.dispose();
    }
    await fit.close();
    return counts;
  }

  it("are all rows for all without bootstrap", async () => {
    expect(await learned(false)).toEqual([8, 8, 8, 8, 8, 8]);
  });

  it("are drawn with replacement with it: a member misses some rows, each its own", async () => {
    const counts = await learned(true);
    for (const count of counts) expect(count).toBeLessThan(8);
    // (1 − 1/8)⁸ = 0.34 of the rows are in no sample, of 48: 16.5 ± 3 or fewer
    const missed = counts.reduce((sum, count) => sum + 8 - count, 0);
    expect(missed).toBeGreaterThan(7);
    expect(missed).toBeLessThan(26);
  });
});

describe("training", () => {
  // noise only: the more it learns, the worse it gets
  const random = createRandom(6);
  const noise = setOf({
    observationSize: 2,
    actionSize: 1,
    lengths: [60],
    row: () => {
      const [x, y] = [random.normal(), random.normal()];
      return { observation: [x, y], action: [random.normal()], next: [x + 0.3 * x + random.normal(), y + random.normal()] };
    },
  });
  const overfitting = {
    members: 4,
    elites: 2,
    hidden: [64],
    weightDecay: [0],
    learningRate: 0.01,
    batchSize: 20,
    steps: 20_000,
    measureEvery: 20,
    patience: 6,
    improvement: 0.1,
    holdoutFraction: 0.4,
    bootstrap: true,
  };
  /** The last part of a single episode. */
  const heldOut = range(36, 60);

  it("stops when no member improves, and keeps each at its best", async () => {
    const fit = await start(noise, overfitting);
    /** Errors of every member at every measurement, of the weights of that moment. */
    const measured: number[][] = [];
    const kept: number[][] = [];
    while (!fit.done) {
      const metrics = await fit.advance();
      if (!("holdoutError" in metrics)) continue;
      const errors = fit.model.holdoutErrors;
      kept.push([...errors]);
      measured.push([metrics.holdoutError]);
    }
    expect(fit.updates).toBeLessThan(2000);
    expect(fit.updates).toBe(20 * kept.length);

    // by the rule, from the errors kept: those only ever fall
    const reference = new Array<number>(4).fill(Infinity);
    let waited = 0;
    kept.forEach((errors, i) => {
      expect(waited, `measurement ${i}`).toBeLessThan(6);
      const better = errors.map((error, member) => error < 0.9 * reference[member]);
      better.forEach((is, member) => is && (reference[member] = errors[member]));
      waited = better.includes(true) ? 0 : waited + 1;
      if (i > 0) errors.forEach((error, member) => expect(error).toBeLessThanOrEqual(kept[i - 1][member]));
    });
    expect(waited).toBe(6);

    const { model } = fit;
    for (let member = 0; member < 4; member++) {
      const again = await errorOf(onlyMember(model, member), noise, heldOut);
      expect(again / model.holdoutErrors[member], `error of member ${member}, recomputed`).toBeCloseTo(1, 4);
    }
    // it had overfitted by then
    const best = model.holdoutErrors.reduce((a, b) => a + b) / 4;
    expect(measured.at(-1)![0]).toBeGreaterThan(1.1 * best);
    const order = range(0, 4).sort((a, b) => model.holdoutErrors[a] - model.holdoutErrors[b]);
    expect(model.elites).toEqual(order.slice(0, 2).sort((a, b) => a - b));
    await fit.close();
  });

  it("of one member keeps the smallest error that was ever measured", async () => {
    const fit = await start(noise, { ...overfitting, members: 1, elites: 1 });
    const errors = (await finish(fit)).flatMap(({ holdoutError }) => (holdoutError === undefined ? [] : [holdoutError]));
    const smallest = Math.min(...errors);
    expect(errors.indexOf(smallest)).toBeLessThan(errors.length - 6);
    expect(fit.model.holdoutErrors).toEqual([smallest]);
    expect((await errorOf(fit.model, noise, heldOut)) / smallest).toBeCloseTo(1, 4);
    await fit.close();
  });

  it("goes on from a snapshot to the same model, also in the middle of its patience", async () => {
    const original = await start(noise, overfitting);
    for (let i = 0; i < 9; i++) await original.advance();
    const { arrays, values } = original.snapshot();
    const saved: Snapshot = {
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      values: JSON.parse(JSON.stringify(values)) as Snapshot["values"],
    };
    const resumed = await start(noise, overfitting, 2);
    resumed.restore(saved);
    expect(await finish(resumed)).toEqual(await finish(original));
    expect(resumed.snapshot()).toEqual(original.snapshot());
    expect(resumed.model.weights()).toEqual(original.model.weights());
    expect(resumed.model.metadata()).toEqual(original.model.metadata());
    await Promise.all([original.close(), resumed.close()]);
  });

  it("does not change with what it does not read, and changes with the reward that it does", async () => {
    const scrambled = { ...noise, rewards: noise.rewards.map((_, i) => (i * 7919) % 13) };
    const weightsOf = async (set: TransitionSet, rewards: boolean) => {
      const fit = await start(set, { ...overfitting, steps: 40 }, 1, rewards);
      await finish(fit);
      const weights = fit.model.weights();
      await fit.close();
      return weights;
    };
    expect(await weightsOf(scrambled, false)).toEqual(await weightsOf(noise, false));
    expect(await weightsOf(scrambled, true)).not.toEqual(await weightsOf(noise, true));
  });

  it("learns more of the rows that are emphasized", async () => {
    // 95 % of the rows move by +1, the last 5 % by −1, and nothing in (s, a) tells which: the mean is their share of minibatches
    const torn = setOf({
      observationSize: 2,
      actionSize: 1,
      lengths: new Array<number>(40).fill(50),
      row: (i) => ({ observation: [0, 0], action: [0], next: i < 1900 ? [1, 1] : [-1, -1] }),
    });
    const means: number[] = [];
    for (const share of [0, 0.5]) {
      const fit = await start(torn, { learningRate: 1e-2, steps: 1000, measureEvery: 1000, beta: 1, bootstrap: false }, 1, false, { from: 1900, share });
      await finish(fit);
      means.push((await changesOf(fit.model, torn, [0]))[0][0]);
      await fit.close();
    }
    // of 256 rows 128 are emphasized, and 5 % of the others are of the same kind
    expect(means[0]).toBeCloseTo(0.95 - 0.05, 1);
    expect(means[1]).toBeCloseTo(0.5 * 0.9 - 0.5, 1);
  });

  it("refuses options that do not fit together", async () => {
    await expect(start(noise, { elites: 4 })).rejects.toThrow(new UserError("elites=4: there are 3 members"));
    await expect(start(noise, { weightDecay: [1, 2, 3] })).rejects.toThrow(
      new UserError("weightDecay has 3 numbers, 1 hidden layers and the output layer need 2"),
    );
  });
});
