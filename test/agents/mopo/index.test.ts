import { beforeAll, describe, expect, it } from "vitest";
import { mopoSchema } from "../../../agents/mopo/config.ts";
import { mopo } from "../../../agents/mopo/index.ts";
import type { Policy } from "../../../agents/policy.ts";
import { learnedReward, rewardNetwork, type LearnedReward } from "../../../agents/reward-network.ts";
import { evaluatePolicy, rolloutEpisodes } from "../../../agents/rollout.ts";
import type { Metrics, RunInputs, Trainer } from "../../../agents/trainer.ts";
import { concatenate } from "../../../datasets/concatenate.ts";
import { setOfTrajectory, type TransitionSet } from "../../../datasets/transition-set.ts";
import { environmentSpec, make, type Environment } from "../../../envs/index.ts";
import { optimalGain, optimalReturn } from "../../../envs/regulator/index.ts";
import { view, zeros } from "../../../src/nn/vector.ts";
import { createRandom } from "../../../src/random/index.ts";
import { demonstrate, optimalRegulator } from "../demonstrations.ts";
import { handMade, setOf } from "../world-model/hand-made.ts";

const id = "Regulator-v0";

/** Half of the best gains, and much noise. */
const behaviour: Policy = {
  observationSize: 2,
  actionSize: 1,
  act({ 0: position, 1: velocity }, mode, random, action) {
    const [a, b] = optimalGain();
    action[0] = Math.max(-1, Math.min(1, -(a * position + b * velocity) / 2 + (mode === "sample" ? 0.4 * random.normal() : 0)));
  },
};

let environment: Environment;
let dataset: TransitionSet;

beforeAll(async () => {
  environment = await make(id);
  const { trajectories } = await demonstrate(environment, behaviour, 40);
  dataset = concatenate(trajectories.map((one) => setOfTrajectory(one, id)));
});

const small = {
  model: { members: 3, elites: 2, hidden: [32], weightDecay: [1e-5], learningRate: 3e-3, batchSize: 128, steps: 1200, measureEvery: 300 },
  rollouts: { size: 50, transitionsPerUpdate: 5, horizon: 5 },
  sac: {
    hidden: [32, 32],
    activation: "silu",
    batchSize: 64,
    policyLearningRate: 3e-3,
    criticLearningRate: 3e-3,
    finalLearningRateFraction: 0.1,
    gamma: 0.95,
    polyak: 0.98,
    automaticTemperature: false,
    temperature: 1e-2,
    replayCapacity: 20_000,
  },
} as const;

function create(inputs: RunInputs, changes: object = {}, seed = 1): Promise<Trainer> {
  const config = mopoSchema.parse({ ...small, steps: 2500, ...changes });
  return mopo.create({ environment: environmentSpec(id), makeEnvironment: () => make(id), seed, ...inputs }, config);
}

async function finish(trainer: Trainer): Promise<Metrics[]> {
  const records: Metrics[] = [];
  while (!trainer.done) records.push(await trainer.advance());
  return records;
}

/** Mean returns over 20 episodes in the environment itself: the policy's, the behaviour's, and the best from the same states. */
async function returnsOf(policy: Policy) {
  const options = { episodes: 20, seed: 77 };
  const achieved = (await evaluatePolicy(environment, policy, { ...options, mode: "mean" })).mean;
  const shown = (await evaluatePolicy(environment, behaviour, { ...options, mode: "sample" })).mean;
  let best = 0;
  for await (const { observations } of rolloutEpisodes(environment, policy, { ...options, mode: "mean" }))
    best += optimalReturn(observations[0], observations[1], 50) / 20;
  return { achieved, shown, best };
}

/** −|position| − ½|velocity|, as a network. */
function distanceReward(): LearnedReward {
  const network = rewardNetwork({
    environment: id,
    input: "state",
    observationSize: 2,
    actionSize: 1,
    hidden: [4],
    activation: "relu",
    bound: { kind: "clamp", value: 10 },
    absorbing: false,
  });
  const theta = zeros(network.layout);
  // |x| = relu(x) + relu(−x)
  view(network.layout, theta, "0/weight").values.set([1, -1, 0, 0, 0, 0, 1, -1]);
  view(network.layout, theta, "1/weight").values.set([-1, -1, -0.5, -0.5]);
  return learnedReward(network, () => theta);
}

/** w·(s, a), as a network. */
function linearReward(weights: readonly number[]): LearnedReward {
  const network = rewardNetwork({
    environment: id,
    input: "state-action",
    observationSize: 2,
    actionSize: 1,
    hidden: [],
    activation: "relu",
    bound: { kind: "clamp", value: 10 },
    absorbing: false,
  });
  return learnedReward(network, () => [Float32Array.of(...weights, 0)]);
}

const scrambled = (set: TransitionSet): TransitionSet => ({ ...set, rewards: set.rewards.map((_, i) => ((i * 7919) % 1000) - 500) });

describe("MOPO on Regulator-v0", () => {
  it("comes close to the analytic optimum from noisy data alone", async () => {
    const trainer = await create({ dataset });
    const records = await finish(trainer);
    const { achieved, shown, best } = await returnsOf(trainer.policy!);
    expect(shown).toBeLessThan(5 * best);
    expect(achieved).toBeLessThanOrEqual(best + 1e-6);
    expect(achieved).toBeGreaterThan(1.1 * best);
    for (const { environmentSteps, episodeReturn, modelLength } of records) {
      expect(environmentSteps).toBe(0);
      // what rollouts in the model return is not what episodes return
      expect(episodeReturn).toBeUndefined();
      if (modelLength !== undefined) expect(modelLength).toBeLessThanOrEqual(5);
    }
    expect(records.at(-1)!.modelReturn).toBeTypeOf("number");
    trainer.close();
  });

  it("maximises a given reward, and looks at the dataset's nowhere", async () => {
    const reward = distanceReward();
    const [trainer, other] = [await create({ dataset, reward }), await create({ dataset: scrambled(dataset), reward })];
    expect(await finish(other)).toEqual(await finish(trainer));
    expect(other.policy!.weights()).toEqual(trainer.policy!.weights());
    const pay = async (policy: Policy): Promise<number> => {
      let sum = 0;
      for await (const { observations } of rolloutEpisodes(environment, policy, { episodes: 20, seed: 77, mode: "mean" }))
        for (let i = 0; i < 100; i += 2) sum -= Math.abs(observations[i]) + 0.5 * Math.abs(observations[i + 1]);
      return sum / 20;
    };
    // the best policy under the environment's reward also pays for its actions, and moves more slowly
    expect(await pay(trainer.policy!)).toBeGreaterThan(await pay(optimalRegulator()));
    trainer.close();
    other.close();
  });
});

describe("MOPO's penalty", () => {
  /** In every state pays r = a, and its members disagree about the velocity by |a − 0.2|. */
  const doubtful = handMade({
    environment: id,
    observationSize: 2,
    actionSize: 1,
    rewards: true,
    members: [
      { matrix: [[0, 0, 0], [0, 0, 0], [0, 0.5, 1]], offset: [0, -0.1, 0] },
      { matrix: [[0, 0, 0], [0, 0, 0], [0, -0.5, 1]], offset: [0, 0.1, 0] },
    ],
  });
  const random = createRandom(5);
  const data = setOf({
    observationSize: 2,
    actionSize: 1,
    lengths: [100],
    row: () => {
      const state = [random.normal(), random.normal()];
      return { observation: state, action: [0.2], next: state, reward: 0.2 };
    },
  });

  async function actionWith(coefficient: number, kind = "disagreement", reward?: LearnedReward): Promise<number> {
    const trainer = await create({ dataset: data, model: doubtful, reward }, { steps: 1000, penalty: { kind, coefficient }, realShare: 0 });
    await finish(trainer);
    const action = new Float64Array(1);
    let sum = 0;
    for (const state of [[0, 0], [1, -1], [-1, 0.5], [0.5, 1]]) {
      trainer.policy!.act(state, "mean", random, action);
      sum += action[0] / 4;
    }
    trainer.close();
    return sum;
  }

  it("that is small leaves the policy to the reward, and one that is large keeps it where the model is sure", async () => {
    // a − λ·|a − 0.2| is largest at 1 for λ < 1, at 0.2 for λ > 1
    expect(await actionWith(0.3)).toBeGreaterThan(0.85);
    const cautious = await actionWith(5);
    expect(cautious).toBeGreaterThan(0.1);
    expect(cautious).toBeLessThan(0.3);
  });

  it("counts beside a given reward, too", async () => {
    // r = a once more
    const cautious = await actionWith(5, "disagreement", linearReward([0, 0, 1]));
    expect(cautious).toBeGreaterThan(0.1);
    expect(cautious).toBeLessThan(0.3);
  });

  it.each([0, 3])("has a λ that begins at %s and becomes what makes rollouts as uncertain as they may be", async (coefficient) => {
    // its members disagree by 0.4 about every one of these
    const wide = { ...data, actions: data.actions.map((_, i) => (i % 2 === 0 ? 0.6 : -0.2)) };
    const penalty = { kind: "disagreement", coefficient, target: 0.5, rate: 0.05 };
    const trainer = await create({ dataset: wide, model: doubtful, reward: linearReward([0, 0, 1]) }, { steps: 4000, penalty, realShare: 0 });
    const late = (await finish(trainer)).slice(-4);
    trainer.close();
    const average = (name: string): number => late.reduce((sum, record) => sum + record[name], 0) / late.length;
    expect(average("penalty")).toBeGreaterThan(0.12);
    expect(average("penalty")).toBeLessThan(0.3);
    // where a − λ·|a − 0.2| is level
    expect(average("penaltyCoefficient")).toBeGreaterThan(0.7);
    expect(average("penaltyCoefficient")).toBeLessThan(2);
  });

  it("continues with the λ that it had come to", async () => {
    const begin = (): Promise<Trainer> =>
      create(
        { dataset: data, model: doubtful, reward: linearReward([0, 0, 1]) },
        { steps: 2000, penalty: { kind: "max-aleatoric", coefficient: 1, target: 2, rate: 0.01 }, realShare: 0 },
      );
    const [whole, first, second] = [await begin(), await begin(), await begin()];
    for (const trainer of [whole, first]) await trainer.advance();
    await second.restore(first.snapshot());
    const [expected, continued] = [await whole.advance(), await second.advance()];
    expect(continued).toEqual(expected);
    // U is the same everywhere, half of its target
    expect(expected.penaltyCoefficient).toBeCloseTo(1 - 0.01 * 0.5 * 100, 1);
    for (const trainer of [whole, first, second]) trainer.close();
  });

  it("cannot have a λ that adapts where rewards are stored with it, or where nothing is uncertain", async () => {
    await expect(create({ dataset: data, model: doubtful }, { penalty: { target: 1 } })).rejects.toThrow(/penalty.target=1: λ adapts to a reward of --reward/);
    const certain = create({ dataset: data, model: doubtful, reward: linearReward([0, 0, 1]) }, { penalty: { kind: "disagreement", target: 1 } });
    await expect(certain).rejects.toThrow("penalty.target=1: the model is sure of all known transitions, disagreement is 0 there");
  });

  it("is of the kind that is asked for", async () => {
    // both are as sure of every action
    expect(await actionWith(5, "max-aleatoric")).toBeGreaterThan(0.85);
  });
});

describe("MOPO's configuration", () => {
  it("comes out even by default and in every preset", () => {
    for (const environmentId of [id, "Hopper-v5", "HalfCheetah-v5", "Walker2d-v5"]) {
      for (const [name, preset] of [["", {}] as const, ...Object.entries(mopo.presets(environmentSpec(environmentId)))]) {
        const { rollouts, sac } = mopoSchema.parse(preset);
        const updates = rollouts.size / rollouts.transitionsPerUpdate;
        expect(updates % sac.updatesPerRun, `${environmentId} ${name}`).toBe(0);
      }
    }
  });

  it("is refused before a model is trained when rollouts and updates do not come out even", async () => {
    await expect(create({ dataset }, { rollouts: { size: 50, transitionsPerUpdate: 20 } })).rejects.toThrow(
      "rollouts.size=50 with transitionsPerUpdate=20 gives 2.5 updates per step of the model, expected a multiple of sac.updatesPerRun=10",
    );
  });

  it("ends where it should when steps of the model do not", async () => {
    const model = handMade({ environment: id, observationSize: 2, actionSize: 1, rewards: true, members: [{}] });
    // 30 updates per step of the model
    const rollouts = { size: 60, transitionsPerUpdate: 2, horizon: 5 };
    const trainer = await create({ dataset, model }, { rollouts, steps: 1010 });
    expect(trainer.totalSteps).toBe(1010);
    const steps: number[] = [];
    while (!trainer.done) {
      await trainer.advance();
      steps.push(trainer.steps);
    }
    expect(steps).toEqual([510, 1010]);
    trainer.close();
  });

  it("needs rewards from somewhere", async () => {
    const model = handMade({ environment: id, observationSize: 2, actionSize: 1, members: [{}] });
    await expect(create({ dataset, model })).rejects.toThrow(
      "the given world model predicts no rewards: train one with rewards=true, or give a reward with --reward",
    );
    const trainer = await create({ dataset, model, reward: distanceReward() }, { steps: 10 });
    await finish(trainer);
    trainer.close();
  });
});
