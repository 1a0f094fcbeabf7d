import { expect, it } from "vitest";
import { learnedReward, rewardNetwork } from "../../../agents/reward-network.ts";
import { sacAgentSchema } from "../../../agents/sac/config.ts";
import { sac } from "../../../agents/sac/index.ts";
import { environmentSpec, make, type Environment } from "../../../envs/index.ts";
import { createRandom } from "../../../src/random/index.ts";

const environment = environmentSpec("Regulator-v0");

/** The regulator with another reward. */
async function paying(reward: (true_: number) => number): Promise<Environment> {
  const regulator = await make(environment.id);
  return {
    ...regulator,
    get qpos() {
      return regulator.qpos;
    },
    step(action) {
      const step = regulator.step(action);
      return { ...step, reward: reward(step.reward) };
    },
  };
}

it("SAC under a given reward learns from it alone: other true rewards give the same bits", async () => {
  const network = rewardNetwork({
    environment: environment.id,
    input: "state",
    observationSize: 2,
    actionSize: 1,
    hidden: [8],
    activation: "tanh",
    bound: { kind: "clamp", value: 10 },
    absorbing: false,
  });
  const theta = network.initialize(createRandom(4));
  const reward = learnedReward(network, () => theta);
  const config = sacAgentSchema.parse({ steps: 300, randomSteps: 50, hidden: [8], batchSize: 16, replayCapacity: 1000 });
  const train = async (scrambled: (value: number) => number, given = true) => {
    const trainer = await sac.create(
      { environment, makeEnvironment: () => paying(scrambled), seed: 1, ...(given && { reward }) },
      config,
    );
    let metrics = {};
    while (!trainer.done) metrics = await trainer.advance();
    const weights = Object.values(trainer.policy!.weights()).flatMap(({ values }) => Array.from(values, Number));
    trainer.close();
    return { weights, metrics: metrics as Record<string, number> };
  };
  const plain = await train((value) => value);
  const scrambled = await train((value) => 100 - 7 * value);
  expect(scrambled.weights).toEqual(plain.weights);
  expect(scrambled.metrics.rewardMean).toBe(plain.metrics.rewardMean);
  // what episodes are said to return is the environment's
  expect(scrambled.metrics.episodeReturn).not.toBeCloseTo(plain.metrics.episodeReturn, 3);
  // the check can fail: without the reward the environment's counts
  expect((await train((value) => 100 - 7 * value, false)).weights).not.toEqual((await train((value) => value, false)).weights);
});
