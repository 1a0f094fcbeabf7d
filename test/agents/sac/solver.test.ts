import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { environmentReward, type RewardFunction } from "../../../agents/reward-function.ts";
import { learnedReward, rewardNetwork } from "../../../agents/reward-network.ts";
import { rolloutEpisodes } from "../../../agents/rollout.ts";
import { sacSchema } from "../../../agents/sac/config.ts";
import { loadSacNetworks, type SacNetworkWeights } from "../../../agents/sac/networks.ts";
import { createSac } from "../../../agents/sac/solver.ts";
import { batchWorld } from "../../../agents/world.ts";
import { batchOf, make, type Environment } from "../../../envs/index.ts";
import { optimalReturn } from "../../../envs/regulator/index.ts";
import { mlp } from "../../../src/nn/network.ts";
import * as op from "../../../src/nn/operations.ts";
import { views } from "../../../src/nn/vector.ts";
import { createRandom } from "../../../src/random/index.ts";
import { saveSafetensors } from "../../../src/runs/index.ts";
import type { Snapshot } from "../../../src/runs/snapshot.ts";
import { chain, type ChainOptions } from "../chain.ts";
import { plainNetwork } from "../plain-network.ts";

const gamma = 0.8;

const small = {
  hidden: [16],
  activation: "relu",
  batchSize: 32,
  policyLearningRate: 1e-3,
  criticLearningRate: 1e-2,
  finalLearningRateFraction: 0.1,
  gamma,
  polyak: 0.95,
  automaticTemperature: false,
  // next to nothing: values are those of the rewards alone
  temperature: 1e-6,
  randomSteps: 100,
  updatesPerRun: 10,
} as const;

/** Q(s, 0) of every state after training in a chain of states. */
async function chainValues(options: ChainOptions, reward: RewardFunction = environmentReward): Promise<number[]> {
  const environment = chain(options);
  const solver = await createSac({
    world: batchWorld(batchOf([environment], 0)),
    environment: environment.spec.id,
    reward,
    config: sacSchema.parse(small),
    totalSteps: 1200,
    random: createRandom(3),
  });
  await solver.improve(1200);
  const { layout } = mlp({ inputs: options.states + 1, hidden: small.hidden, outputs: 1, members: 2 });
  const weights = views(layout, [solver.snapshot().arrays["update/theta#0"] as Float32Array]);
  const first = Object.fromEntries(
    Object.entries(weights)
      .filter(([name]) => name.startsWith("member0/"))
      .map(([name, array]) => [name.slice("member0/".length), array]),
  );
  await solver.close();
  return Array.from({ length: options.states }, (_, state) => {
    const input = [...new Float64Array(options.states).with(state, 1), 0];
    return plainNetwork(first, "relu", input)[0];
  });
}

const expectValues = (values: number[], expected: number[]): void => {
  values.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `Q(${i}) = ${value}, expected ${expected[i]}`).toBeLessThan(
      0.03 * Math.abs(expected[i]),
    );
  });
};

describe("SAC's values", () => {
  const one = { states: 1, reward: () => 2 };

  it("go on beyond a time limit: r/(1 − γ)", async () => {
    expectValues(await chainValues({ ...one, maxEpisodeSteps: 1 }), [10]);
  });

  it("end at a termination: r", async () => {
    expectValues(await chainValues({ ...one, terminates: () => true }), [2]);
    // also where the time limit falls on the same step
    expectValues(await chainValues({ ...one, terminates: () => true, maxEpisodeSteps: 1 }), [2]);
  });

  it("go on in the absorbing state with its own reward: r + γ/(1 − γ)·r(absorbing)", async () => {
    const reward: RewardFunction = { ...environmentReward, absorbing: () => op.constant(-1, [1, 1]) };
    // 2 − 4
    expectValues(await chainValues({ ...one, terminates: () => true }, reward), [-2]);
    // there is no such state behind a time limit
    expectValues(await chainValues({ ...one, maxEpisodeSteps: 1 }, reward), [10]);
  });

  it("bootstrap a cut episode from the state it was cut in, not from the next episode's first", async () => {
    const rewards = [1, 2, 4];
    // 1 2 0 1 | 1 2 0 1 | …: each episode is cut on its way from 1 to 2
    const values = await chainValues({ states: 3, starts: [1], maxEpisodeSteps: 4, reward: (state) => rewards[state] });
    const value = (state: number): number => {
      let total = 0;
      for (let t = 0; t < 200; t++) total += gamma ** t * rewards[(state + t) % 3];
      return total;
    };
    expectValues(values, [value(0), value(1), value(2)]);
  });
});

describe("SAC's rewards", () => {
  it("are computed when a batch is used, from the parameters of that moment", async () => {
    const network = rewardNetwork({
      environment: "Chain-v0",
      input: "state",
      observationSize: 3,
      actionSize: 1,
      hidden: [],
      activation: "relu",
      bound: { kind: "clamp", value: 10 },
      absorbing: false,
    });
    // r = 0·s + b
    const theta = Float32Array.of(0, 0, 0, 1);
    const solver = await createSac({
      world: batchWorld(batchOf([chain({ states: 3, reward: () => -7 })], 0)),
      environment: "Chain-v0",
      reward: learnedReward(network, () => [theta]),
      config: sacSchema.parse({ ...small, randomSteps: 20 }),
      totalSteps: 100,
      random: createRandom(3),
    });
    expect((await solver.improve(40)).rewardMean).toBeCloseTo(1, 6);
    const stored = solver.replay.snapshot().arrays.rows.slice();
    theta[3] = 5;
    expect((await solver.improve(10)).rewardMean).toBeCloseTo(5, 6);
    expect(solver.replay.snapshot().arrays.rows.slice(0, stored.length)).toEqual(stored);
    // the state's own reward: 5 + 3 in state 2, which a third of a long replay is
    theta[2] = 3;
    const { rewardMean } = await solver.improve(10);
    expect(rewardMean).toBeGreaterThan(5);
    expect(rewardMean).toBeLessThan(8);
    await solver.close();
  });
});

describe("SAC's snapshot", () => {
  it("holds what is left in mid-episode, between two bursts of updates, of several members", async () => {
    const makeSolver = async (seed: number) => {
      const members = await Promise.all([0, 1].map(() => make("Regulator-v0")));
      return createSac({
        world: batchWorld(batchOf(members, seed)),
        environment: "Regulator-v0",
        reward: environmentReward,
        config: sacSchema.parse({ ...small, replayCapacity: 500, automaticTemperature: true }),
        totalSteps: 2000,
        random: createRandom(seed),
      });
    };
    const original = await makeSolver(1);
    // 2 · 167 steps: 167 is not a multiple of 50, and 334 − 100 none of 10
    await original.improve(334);
    const { arrays, values } = original.snapshot();
    const saved: Snapshot = {
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      values: JSON.parse(JSON.stringify(values)) as Snapshot["values"],
    };
    const resumed = await makeSolver(2);
    resumed.restore(saved);
    expect(resumed.steps).toBe(334);
    // to the end of the episodes, past the replay's capacity, and again into the middle of one
    for (const steps of [66, 346, 7]) expect(await resumed.improve(steps)).toEqual(await original.improve(steps));
    expect(resumed.snapshot()).toEqual(original.snapshot());
    await original.close();
    await resumed.close();
  });
});

/** Mean return of the policy's mean action, and of the optimum from the same states. */
async function compare(environment: Environment, solver: Awaited<ReturnType<typeof createSac>>): Promise<[number, number]> {
  let achieved = 0;
  let optimal = 0;
  for await (const { return: total, observations } of rolloutEpisodes(environment, solver.policy, {
    episodes: 20,
    seed: 77,
    mode: "mean",
  })) {
    achieved += total / 20;
    optimal += optimalReturn(observations[0], observations[1], 50) / 20;
  }
  return [achieved, optimal];
}

async function regulatorReturns(reward: RewardFunction, steps: number): Promise<[number, number]> {
  const environment = await make("Regulator-v0");
  const solver = await createSac({
    // random actions drive the mass far away within 50 steps, where there is nothing to learn
    world: batchWorld(batchOf([await make("Regulator-v0", { max_episode_steps: 10 })], 1)),
    environment: "Regulator-v0",
    reward,
    config: sacSchema.parse({
      ...small,
      hidden: [64, 64],
      activation: "silu",
      batchSize: 64,
      policyLearningRate: 3e-3,
      criticLearningRate: 3e-3,
      gamma: 0.95,
      polyak: 0.98,
      temperature: 1e-2,
      randomSteps: 200,
    }),
    totalSteps: steps,
    random: createRandom(1),
  });
  await solver.improve(steps);
  const returns = await compare(environment, solver);
  await solver.close();
  environment.close();
  return returns;
}

describe("SAC on Regulator-v0", () => {
  it("comes close to the analytic optimum", async () => {
    const [achieved, optimal] = await regulatorReturns(environmentReward, 6000);
    expect(achieved).toBeLessThanOrEqual(optimal + 1e-6);
    expect(achieved).toBeGreaterThan(optimal - 0.1 * Math.abs(optimal));
  });

  it("does the opposite under the opposite reward", async () => {
    const opposite: RewardFunction = {
      ...environmentReward,
      value: (theta, transitions) => op.neg(environmentReward.value(theta, transitions)),
    };
    const [achieved, optimal] = await regulatorReturns(opposite, 2000);
    expect(achieved).toBeLessThan(20 * optimal);
  });
});

describe("SAC from given networks", () => {
  const start = (initial?: SacNetworkWeights, changes: object = {}) => {
    const config = sacSchema.parse({ ...small, automaticTemperature: true, randomSteps: 20, ...changes });
    const environment = chain({ states: 3, reward: (state) => state });
    const world = batchWorld(batchOf([environment], 0));
    return createSac({ world, environment: environment.spec.id, reward: environmentReward, config, totalSteps: 200, random: createRandom(5), initial });
  };
  const weights = (networks: SacNetworkWeights): Record<string, number[]> =>
    Object.fromEntries(Object.entries(networks.weights()).map(([name, { values }]) => [name, [...values]]));

  it.each([false, true])("has all of them, also from a file, and changes them with its first update (criticLayerNorm %s)", async (criticLayerNorm) => {
    const other = await start(undefined, { criticLayerNorm });
    await other.improve(200);
    const file = join(mkdtempSync(join(tmpdir(), "motive-sac-")), "networks.safetensors");
    saveSafetensors(file, other.networks.weights(), other.networks.metadata());
    const solver = await start(loadSacNetworks(file), { criticLayerNorm });
    expect(weights(solver.networks)).toEqual(weights(other.networks));
    expect(Object.keys(weights(solver.networks)).map((name) => name.split("/")[0])).toEqual(
      expect.arrayContaining(["phi", "theta", "target", "logAlpha"]),
    );
    expect(Object.keys(weights(solver.networks)).some((name) => name.startsWith("theta/") && name.endsWith("/scale"))).toBe(criticLayerNorm);
    await solver.improve(20);
    expect(weights(solver.networks)).toEqual(weights(other.networks));
    await solver.improve(10);
    for (const [name, values] of Object.entries(weights(solver.networks))) expect(values, name).not.toEqual(weights(other.networks)[name]);
    await solver.close();
    await other.close();
    rmSync(dirname(file), { recursive: true });
  });

  it("acts by the given policy from the first step", async () => {
    const other = await start();
    // a policy that always answers tanh(3) but for its noise
    const { layout } = mlp({ inputs: 3, hidden: small.hidden, outputs: 2 });
    views(layout, other.policy.parameters())["1/bias"].values.set([3, -20]);
    const solver = await start(other.networks);
    await solver.improve(20);
    const { actions } = solver.replay.recent(20);
    expect(actions).toHaveLength(20);
    for (const action of actions) expect(action).toBeGreaterThan(0.9);
    await solver.close();
    await other.close();
  });
});
