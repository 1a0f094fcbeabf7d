import { expect, it } from "vitest";
import { learnedReward, rewardNetwork } from "../../../agents/reward-network.ts";
import { sacAgentSchema } from "../../../agents/sac/config.ts";
import { sac } from "../../../agents/sac/index.ts";
import { setOfTrajectory } from "../../../datasets/transition-set.ts";
import { environmentSpec, make, type Environment } from "../../../envs/index.ts";
import { createRandom } from "../../../src/random/index.ts";
import { chain } from "../chain.ts";

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

it("SAC takes a share of each minibatch from a dataset, with the dataset's rewards", async () => {
  const walk = (): Environment => chain({ states: 3, compact: true, reward: () => -7, maxEpisodeSteps: 3 });
  const dataset = setOfTrajectory({
    length: 2,
    observations: Float32Array.of(20, 21),
    actions: Float32Array.of(0.5, 0.5),
    rewards: Float32Array.of(9, 9),
    nextObservations: Float32Array.of(21, 22),
    terminated: true,
    truncated: false,
  });
  const train = async (given: object) => {
    const config = sacAgentSchema.parse({ steps: 40, randomSteps: 20, hidden: [8], batchSize: 32, datasetShare: 0.25 });
    const trainer = await sac.create({ environment: walk().spec, makeEnvironment: () => Promise.resolve(walk()), seed: 1, ...given }, config);
    const { rewardMean } = await trainer.advance();
    trainer.close();
    return rewardMean;
  };
  expect(await train({})).toBe(-7);
  expect(await train({ dataset })).toBe((3 * -7 + 9) / 4);
  // a given reward labels the dataset's rows, too: r(s) = s, where the walk's s is at most 2
  const network = rewardNetwork({
    environment: "Chain-v0",
    input: "state",
    observationSize: 1,
    actionSize: 1,
    hidden: [],
    activation: "relu",
    bound: { kind: "clamp", value: 100 },
    absorbing: false,
  });
  const reward = learnedReward(network, () => [Float32Array.of(1, 0)]);
  expect(await train({ dataset, reward })).toBeGreaterThan(5);
});
