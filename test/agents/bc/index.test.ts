import { describe, expect, it } from "vitest";
import { bcSchema } from "../../../agents/bc/config.ts";
import { bc } from "../../../agents/bc/index.ts";
import type { Trainer } from "../../../agents/trainer.ts";
import type { Environment } from "../../../envs/index.ts";
import { createRandom } from "../../../src/random/index.ts";
import { chain } from "../chain.ts";
import { demonstrationsOf } from "../demonstrations.ts";
import { plainNetwork } from "../plain-network.ts";

const LOW = -1;
const HIGH = 3;

/** An environment with actions in [−1, 3] and states of one number, or 32 of them one-hot. */
const numbers = (): Environment => chain({ states: 1, compact: true, reward: () => 0, action: [LOW, HIGH] });
const oneHot = (): Environment => chain({ states: 32, reward: () => 0, action: [LOW, HIGH] });

async function clone(
  environment: () => Environment,
  observations: Float32Array,
  actions: Float32Array,
  config: object,
): Promise<Trainer> {
  const { spec } = environment();
  const length = actions.length;
  const trajectory = {
    length,
    observations,
    actions,
    nextObservations: observations,
    rewards: new Float32Array(length),
    terminated: false,
    truncated: true,
  };
  const trainer = await bc.create(
    {
      environment: spec,
      makeEnvironment: async () => environment(),
      seed: 4,
      demonstrations: demonstrationsOf(environment(), [trajectory]),
    },
    bcSchema.parse({ hidden: [32, 32], activation: "tanh", trajectories: 1, l2: 0, ...config }),
  );
  while (!trainer.done) await trainer.advance();
  return trainer;
}

describe("behaviour cloning", () => {
  it("learns 32 pairs by heart", async () => {
    const random = createRandom(1);
    const state = (i: number): Float32Array => new Float32Array(32).with(i, 1);
    const observations = Float32Array.from(Array.from({ length: 32 }, (_, i) => [...state(i)]).flat());
    const actions = Float32Array.from({ length: 32 }, () => LOW + (HIGH - LOW) * (0.02 + 0.96 * random.uniform()));
    const trainer = await clone(oneHot, observations, actions, {
      loss: "mean-square",
      steps: 1500,
      batchSize: 32,
      learningRate: 5e-3,
    });
    const action = new Float64Array(1);
    let total = 0;
    for (let i = 0; i < 32; i++) {
      trainer.policy!.act(state(i), "mean", random, action);
      total += (action[0] - actions[i]) ** 2 / 32;
    }
    // an action that does not depend on the state has their variance: (0.96·4)²/12 = 1.2
    expect(total).toBeLessThan(1e-3);
    trainer.close();
  });

  it("recovers mean and deviation of a Gaussian behind tanh", async () => {
    const random = createRandom(2);
    const mean = (s: number): number => 0.8 * s - 0.3;
    const deviation = (s: number): number => Math.exp(-1 + 0.5 * s);
    const count = 20_000;
    const observations = Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
    const actions = observations.map((s) => 1 + 2 * Math.tanh(mean(s) + deviation(s) * random.normal()));
    const trainer = await clone(numbers, observations, actions, {
      loss: "likelihood",
      steps: 2000,
      batchSize: 512,
      learningRate: 2e-3,
    });
    const action = new Float64Array(1);
    for (const s of [-0.8, -0.4, 0, 0.4, 0.8]) {
      const [mu, logStd] = plainNetwork(trainer.policy!.weights(), "tanh", [s]);
      expect(Math.abs(mu - mean(s)), `mean at ${s}: ${mu}`).toBeLessThan(0.05);
      expect(Math.abs(Math.exp(logStd) / deviation(s) - 1), `deviation at ${s}: ${Math.exp(logStd)}`).toBeLessThan(0.08);
      trainer.policy!.act([s], "mean", random, action);
      expect(action[0]).toBeCloseTo(1 + 2 * Math.tanh(mu), 5);
    }
    trainer.close();
  });
});
