import { describe, expect, it } from "vitest";
import { datasetSource, mixedSource } from "../../agents/dataset-source.ts";
import type { Minibatch, TransitionSource } from "../../agents/replay.ts";
import { environmentReward } from "../../agents/reward-function.ts";
import { sacSchema } from "../../agents/sac/config.ts";
import { createSac } from "../../agents/sac/solver.ts";
import { batchWorld } from "../../agents/world.ts";
import { batchOf } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { chain } from "./chain.ts";
import { setOf } from "./world-model/hand-made.ts";

const unknown = [4, 9];
const set = setOf({
  observationSize: 2,
  actionSize: 1,
  lengths: [5, 5, 10],
  terminal: [4, 9],
  unknown,
  // row i has all its numbers from i
  row: (i) => ({ observation: [i, 50 - i], action: [i / 100], next: unknown.includes(i) ? [i, 50 - i] : [i + 0.5, 50 - i], reward: 10 + i }),
});

const minibatch = (rows: number): Minibatch => ({
  observation: new Float32Array(2 * rows),
  action: new Float32Array(rows),
  reward: new Float32Array(rows).fill(7),
  nextObservation: new Float32Array(2 * rows),
  terminated: new Float32Array(rows),
});

describe("minibatches of a dataset", () => {
  it.each([true, false])("hold whole rows of the set, all as often, with its rewards: %s", (rewards) => {
    const source = datasetSource(set, rewards);
    const batch = minibatch(4000);
    source.sample(createRandom(1), batch);
    const counts = new Array<number>(20).fill(0);
    for (let i = 0; i < 4000; i++) {
      const row = batch.observation[2 * i];
      counts[row]++;
      expect(batch.observation[2 * i + 1]).toBe(50 - row);
      expect(batch.action[i]).toBe(Math.fround(row / 100));
      expect([...batch.nextObservation.subarray(2 * i, 2 * i + 2)]).toEqual([unknown.includes(row) ? row : row + 0.5, 50 - row]);
      expect(batch.reward[i]).toBe(rewards ? 10 + row : 0);
      // also where the next observation is not known: nothing bootstraps from it
      expect(batch.terminated[i]).toBe(row === 4 || row === 9 ? 1 : 0);
    }
    // 200 ± 14 of each
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(70);
  });

  it("are a matter of the random numbers alone, of any size", () => {
    const source = datasetSource(set, true);
    const draw = (rows: number, seed: number): Minibatch => {
      const batch = minibatch(rows);
      source.sample(createRandom(seed), batch);
      return batch;
    };
    const first = draw(50, 3);
    draw(20, 3);
    expect(draw(50, 3)).toEqual(first);
    expect(draw(50, 4)).not.toEqual(first);
  });
});

describe("minibatches of several sources", () => {
  /** A source whose rows say which it is. */
  const named = (reward: number): TransitionSource => ({ sample: (_, batch) => void batch.reward.fill(reward) });

  it.each([
    [[0.3, 0.1], 40, [30, 10]],
    [[0.3, 0.1], 12, [9, 3]],
    [[0, 0.5], 6, [0, 6]],
    [[0.25, 0], 6, [6, 0]],
    [[0.2, 0.2, 0.2], 7, [2, 3, 2]],
  ])("have parts in proportion %j of %i rows: %j", (shares, rows, counts) => {
    const batch = minibatch(rows);
    mixedSource(shares.map((share, i) => ({ source: named(i), share }))).sample(createRandom(0), batch);
    expect(counts.map((_, i) => batch.reward.filter((reward) => reward === i).length)).toEqual(counts);
  });
});

describe("a solver with a share of other transitions", () => {
  /** Means over minibatches of 64: of rewards, which are 0 in the world and 1 elsewhere; and rows that were asked for. */
  async function mixed(share: number, updatesPerRun = 10) {
    const asked: number[] = [];
    const source: TransitionSource = {
      sample(_, batch) {
        asked.push(batch.reward.length);
        batch.observation.fill(0);
        batch.nextObservation.fill(0);
        batch.action.fill(0);
        batch.reward.fill(1);
        batch.terminated.fill(0);
      },
    };
    const environment = chain({ states: 3, reward: () => 0 });
    const solver = await createSac({
      world: batchWorld(batchOf([environment], 0)),
      environment: environment.spec.id,
      reward: environmentReward,
      config: sacSchema.parse({ hidden: [4], batchSize: 64, randomSteps: 0, updatesPerRun }),
      totalSteps: 40,
      others: { source, share },
      random: createRandom(3),
    });
    const means: number[] = [];
    for (let steps = 0; steps < 40; steps += updatesPerRun) means.push((await solver.improve(updatesPerRun)).rewardMean);
    await solver.close();
    return { means, asked };
  }

  it.each([
    [0.05, 3],
    [0.5, 32],
    [1, 64],
  ])("%f takes exactly as many rows of each minibatch from there", async (share, rows) => {
    const { means, asked } = await mixed(share);
    expect(means).toEqual(new Array(4).fill(rows / 64));
    expect(asked).toEqual(new Array(40).fill(rows));
  });

  it("of nothing takes none", async () => {
    const { means, asked } = await mixed(0);
    expect(means).toEqual([0, 0, 0, 0]);
    expect(asked).toEqual([]);
  });
});

describe("a solver that counts its steps in updates", () => {
  it.each([
    // 1/49 is no number of the machine: 98 of it are less than 2
    [98, 49, 2],
    [20, 5, 4],
    [10, 10, 1],
    [10, 1, 10],
  ])("of %i members with %i transitions per update makes %i updates per step, neither more nor less", async (size, transitionsPerUpdate, updates) => {
    let sampled = 0;
    const source: TransitionSource = {
      sample() {
        sampled++;
      },
    };
    const solver = await createSac({
      world: batchWorld(batchOf(Array.from({ length: size }, () => chain({ states: 2, reward: () => 0 })), 0)),
      environment: "Chain-v0",
      reward: environmentReward,
      config: sacSchema.parse({ hidden: [4], batchSize: 4, randomSteps: 0, updatesPerRun: updates }),
      totalSteps: 40,
      transitionsPerUpdate,
      others: { source, share: 0.5 },
      random: createRandom(3),
    });
    for (let step = 1; step <= 7; step++) {
      await solver.improve(updates);
      expect(solver.steps).toBe(step * updates);
      expect(sampled).toBe(step * updates);
      expect(solver.replay.size).toBe(step * size);
    }
    await solver.close();
  });
});
