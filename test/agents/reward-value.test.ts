import { describe, expect, it } from "vitest";
import { learnedReward, rewardNetwork, type RewardArchitecture } from "../../agents/reward-network.ts";
import { rewardValue } from "../../agents/reward-value.ts";
import { tfjsExecutor } from "../../src/nn/tfjs/executor.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import { constantVector } from "../../src/nn/vector.ts";
import { createRandom } from "../../src/random/index.ts";

const base: RewardArchitecture = {
  environment: "Hopper-v5",
  input: "state-action",
  observationSize: 5,
  actionSize: 2,
  hidden: [16, 8],
  activation: "relu",
  bound: { kind: "clamp", value: 10 },
  absorbing: false,
};

describe("a learned reward in plain numbers", () => {
  it.each<[string, Partial<RewardArchitecture>]>([
    ["states and actions", {}],
    ["states alone", { input: "state" }],
    ["an absorbing state", { absorbing: true }],
    ["a narrow clamp", { bound: { kind: "clamp", value: 0.05 } }],
    ["a smooth bound", { bound: { kind: "tanh", value: 0.2 }, activation: "tanh" }],
  ])("is that of the graph, of %s", async (_, changes) => {
    const network = rewardNetwork({ ...base, ...changes });
    const random = createRandom(4);
    const theta = network.initialize(random);
    const count = 32;
    const observations = new Float32Array(count * 5);
    const actions = new Float32Array(count * 2);
    random.fillNormal(observations);
    random.fillNormal(actions);
    const program = await compile(
      {
        name: "reward",
        state: {},
        batch: { observation: [count, 5], action: [count, 2] },
        update: ({ batch: { observation, action } }) => ({
          state: {},
          outputs: { reward: op.mul(network.value(constantVector(network.layout, theta), network.rows(observation, action)), 1) },
        }),
      },
      tfjsExecutor(),
    );
    program.batches[0].observation.set(observations);
    program.batches[0].action.set(actions);
    const { reward } = await program.run();
    const value = rewardValue(learnedReward(network, () => theta));
    for (let i = 0; i < count; i++) {
      const plain = value(observations.subarray(5 * i, 5 * i + 5), actions.subarray(2 * i, 2 * i + 2));
      expect(plain).toBeCloseTo(reward[i], 5);
    }
    await program.dispose();
  });
});
