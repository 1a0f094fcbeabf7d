import { beforeAll, describe, expect, it } from "vitest";
import { offlineMlIrlSchema } from "../../../agents/offline-ml-irl/config.ts";
import { offlineMlIrl } from "../../../agents/offline-ml-irl/index.ts";
import type { Policy } from "../../../agents/policy.ts";
import { evaluatePolicy, rolloutEpisodes } from "../../../agents/rollout.ts";
import type { Metrics, RunInputs, Trainer } from "../../../agents/trainer.ts";
import { modelStep, type WorldModel } from "../../../agents/world-model/model.ts";
import { concatenate, setOfTrajectory, type Demonstrations, type TransitionSet } from "../../../datasets/index.ts";
import { environmentSpec, make, type Environment } from "../../../envs/index.ts";
import { optimalGain } from "../../../envs/regulator/index.ts";
import { demonstrate, demonstrationsOf, optimalRegulator } from "../demonstrations.ts";
import { plainNetwork } from "../plain-network.ts";
import { handMade, regulatorMember } from "../world-model/hand-made.ts";

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
let demonstrations: Demonstrations;

beforeAll(async () => {
  environment = await make(id);
  const { trajectories } = await demonstrate(environment, behaviour, 40);
  dataset = concatenate(trajectories.map((one) => setOfTrajectory(one, id)));
  demonstrations = await demonstrate(environment, optimalRegulator(0.1), 20);
});

const small = {
  steps: 6000,
  trajectories: 20,
  policySteps: 200,
  agentTrajectories: 20,
  agentHorizon: 50,
  agentStarts: "first",
  afterTermination: "stop",
  rewardHidden: [32],
  rewardActivation: "tanh",
  rewardBound: { kind: "tanh", value: 10 },
  rewardSteps: 5,
  rewardLearningRate: 1e-2,
  finalRewardLearningRateFraction: 0.1,
  rewardBeta1: 0.5,
  gradientPenalty: { weight: 0 },
  model: { members: 3, elites: 2, hidden: [32], weightDecay: [1e-5], learningRate: 3e-3, batchSize: 128, steps: 1000, measureEvery: 500 },
  rollouts: { size: 50, transitionsPerUpdate: 5, horizon: 5 },
  sac: {
    hidden: [32, 32],
    activation: "silu",
    batchSize: 64,
    policyLearningRate: 3e-3,
    criticLearningRate: 3e-3,
    finalLearningRateFraction: 0.3,
    gamma: 0.9,
    polyak: 0.95,
    automaticTemperature: false,
    temperature: 0.1,
    replayCapacity: 10_000,
  },
} as const;

function create(inputs: RunInputs, changes: object = {}, seed = 1): Promise<Trainer> {
  const config = offlineMlIrlSchema.parse({ ...small, ...changes });
  return offlineMlIrl.create({ environment: environmentSpec(id), makeEnvironment: () => make(id), seed, ...inputs }, config);
}

async function finish(trainer: Trainer): Promise<Metrics[]> {
  const records: Metrics[] = [];
  while (!trainer.done) records.push(await trainer.advance());
  return records;
}

const returnOf = async (policy: Policy, mode: "mean" | "sample"): Promise<number> =>
  (await evaluatePolicy(environment, policy, { episodes: 20, seed: 77, mode })).mean;

describe("Offline ML-IRL on Regulator-v0", () => {
  it.each([
    [{ rewardInput: "state-action" }, 0.05],
    [{ rewardInput: "state", agentStarts: "any", afterTermination: "level", agentHorizon: 20 }, 0.02],
  ])("recovers the expert's behaviour from demonstrations and noisy data: %j", async (changes, temperature) => {
    const trainer = await create({ dataset, demonstrations }, { ...changes, sac: { ...small.sac, temperature } });
    const records = await finish(trainer);
    const [achieved, expert] = [await returnOf(trainer.policy!, "mean"), await returnOf(optimalRegulator(), "mean")];
    expect(await returnOf(behaviour, "sample")).toBeLessThan(5 * expert);
    expect(achieved).toBeGreaterThan(1.6 * expert);
    const last = records.at(-1)!;
    expect(last.environmentSteps).toBe(0);
    // rollouts in the model are no episodes
    expect(last.modelLength).toBe(5);
    expect(last.episodeReturn).toBeUndefined();
    trainer.close();
  });

  it("goes where other demonstrations go, whatever the environment pays", async () => {
    // the optimum's mirror image: to a position of ½ in place of 0
    const away = { ...optimalRegulator(0.1), act: (({ 0: p, 1: v }, ...rest) => optimalRegulator(0.1).act([p - 0.5, v], ...rest)) as Policy["act"] };
    const trainer = await create(
      { dataset, demonstrations: await demonstrate(environment, away, 20) },
      { rewardInput: "state", sac: { ...small.sac, temperature: 0.02 } },
    );
    await finish(trainer);
    for await (const { observations, length } of rolloutEpisodes(environment, trainer.policy!, { episodes: 5, seed: 77, mode: "mean" })) {
      const settled = Array.from({ length: 20 }, (_, i) => observations[2 * (length - 1 - i)]);
      expect(settled.reduce((a, b) => a + b) / 20).toBeGreaterThan(0.3);
      expect(settled.reduce((a, b) => a + b) / 20).toBeLessThan(0.7);
    }
    trainer.close();
  });
});

/** Seconds. */
const quick = { steps: 400, policySteps: 100, agentTrajectories: 4, agentHorizon: 20, model: { ...small.model, steps: 100, measureEvery: 50 } };

const scrambled = (rewards: Float32Array): Float32Array => rewards.map((_, i) => ((i * 7919) % 1000) - 500);

describe("true rewards", () => {
  const outcome = async (inputs: RunInputs) => {
    const trainer = await create(inputs, quick);
    const records = await finish(trainer);
    const weights = [trainer.policy, trainer.reward, trainer.model].map((one) => one!.weights());
    const { arrays, values } = trainer.snapshot();
    trainer.close();
    return { records, weights, arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])), values };
  };

  it("of dataset and demonstrations change no number of a run", async () => {
    const others = {
      dataset: { ...dataset, rewards: scrambled(dataset.rewards) },
      demonstrations: demonstrationsOf(
        environment,
        demonstrations.trajectories.map((one) => ({ ...one, rewards: scrambled(one.rewards) })),
      ),
    };
    const expected = await outcome({ dataset, demonstrations });
    expect(await outcome(others)).toEqual(expected);
    // what else is in the data does
    const moved = { ...dataset, nextObservations: dataset.nextObservations.map((x) => 1.01 * x) };
    expect((await outcome({ dataset: moved, demonstrations })).weights).not.toEqual(expected.weights);
  });

  it("that a given model has learned are refused", async () => {
    const model = handMade({ environment: id, observationSize: 2, actionSize: 1, rewards: true, members: [regulatorMember] });
    await expect(create({ dataset, demonstrations, model }, quick)).rejects.toThrow(
      "the given world model has learned the dataset's rewards, which offline-ml-irl must not know: train one with rewards=false",
    );
  });
});

describe("the world model", () => {
  it("sees as much of the demonstrations as modelExpertShare says", async () => {
    // of 2,000 rows none moves; the demonstrations' 100 all go from the same state to (1, 1)
    const still = { ...dataset, observations: dataset.observations.map(() => 0), nextObservations: dataset.nextObservations.map(() => 0), actions: dataset.actions.map(() => 0) };
    const moving = demonstrationsOf(
      environment,
      demonstrations.trajectories.slice(0, 2).map((one) => ({
        ...one,
        observations: one.observations.map(() => 0),
        nextObservations: one.nextObservations.map(() => 1),
        actions: one.actions.map(() => 0),
      })),
    );
    const change = async (modelExpertShare: number): Promise<number> => {
      const trainer = await create({ dataset: still, demonstrations: moving }, { trajectories: 2, modelExpertShare, model: { ...small.model, beta: 1, bootstrap: false } });
      while (trainer.steps < small.model.steps) await trainer.advance();
      const step = await modelStep(trainer.model as WorldModel, { size: 1 });
      step.choose([0]);
      const { nextObservation } = await step.run();
      const [moved] = nextObservation;
      await step.dispose();
      trainer.close();
      return moved;
    };
    expect(await change(0)).toBeLessThan(0.15);
    expect(await change(0.5)).toBeGreaterThan(0.4);
  });
});

describe("the reward step", () => {
  const ended = (terminated: boolean) =>
    demonstrationsOf(
      environment,
      demonstrations.trajectories.map((one) => ({ ...one, terminated, truncated: !terminated })),
    );

  it.each([
    ["first", "rollouts", "stop", false],
    ["first", "rollouts", "absorbing", false],
    ["any", "rollouts", "stop", false],
    ["any", "rollouts", "absorbing", false],
    ["any", "rollouts", "absorbing", true],
    ["any", "rollouts", "level", true],
    ["both", "rollouts", "stop", false],
    ["both", "rollouts", "level", true],
    ["any", "experience", "stop", false],
    ["any", "experience", "absorbing", true],
  ] as const)("compares as many steps of the expert as of the agent: starts %s, samples %s, %s, terminated %s", async (...row) => {
    const [agentStarts, agentSamples, afterTermination, terminated] = row;
    // nobody falls in the model; episodes of 50 steps are no multiple of 20
    const trainer = await create(
      { dataset, demonstrations: ended(terminated), model: handMade({ environment: id, observationSize: 2, actionSize: 1, members: [{}] }) },
      { ...quick, agentStarts, agentSamples, afterTermination },
    );
    const records = (await finish(trainer)).filter((record) => "rewardLoss" in record);
    expect(records.length).toBeGreaterThan(1);
    // both averages weigh with 20 steps, or the reward's level would be driven to its bound
    for (const { rewardLoss, agentReward, expertReward } of records)
      expect(rewardLoss).toBeCloseTo(20 * (agentReward - expertReward), 3);
    trainer.close();
  });
});

describe("a reward learned in a world where nothing moves", () => {
  /** r(s) where expert and agent differ only by where the agent's trajectories begin. */
  const rewardAt = async (agentStarts: "first" | "any" | "both"): Promise<(x: number) => number> => {
    // one demonstration that walks from −1 to 1; in the model the agent stays where it starts
    const length = 40;
    const walk = Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? -1 + i / (length - 1) : 0));
    const shown = demonstrationsOf(environment, [
      {
        ...demonstrations.trajectories[0],
        length,
        observations: walk,
        nextObservations: walk,
        actions: new Float32Array(length),
        rewards: new Float32Array(length),
      },
    ]);
    const trainer = await create(
      { dataset, demonstrations: shown, model: handMade({ environment: id, observationSize: 2, actionSize: 1, members: [{}] }) },
      { ...quick, steps: 1000, trajectories: 1, rewardInput: "state", agentTrajectories: 1000, agentHorizon: 5, rewardSteps: 20, rewardLearningRate: 3e-3, agentStarts },
    );
    await finish(trainer);
    const weights = trainer.reward!.weights();
    trainer.close();
    return (x) => plainNetwork(weights, "relu", [x, 0])[0];
  };

  it("is low where too many agent trajectories begin, and level where they begin as the expert's steps are spread", async () => {
    const [first, any, both] = [await rewardAt("first"), await rewardAt("any"), await rewardAt("both")];
    const slope = (reward: (x: number) => number): number => reward(0) - reward(-1);
    // the expert leaves its first state, the agent stays there for ever
    expect(slope(first)).toBeGreaterThan(0.3);
    // starts anywhere are spread like the expert's own steps: nothing to tell apart
    expect(Math.abs(slope(any))).toBeLessThan(0.3 * slope(first));
    expect(slope(both)).toBeGreaterThan(0.3 * slope(first));
  });
});

describe("the options of Offline ML-IRL", () => {
  it("are refused at once where they do not fit together", async () => {
    const refused = (changes: object) => expect(create({ dataset, demonstrations }, { ...quick, ...changes })).rejects;
    await refused({ expertStarts: 0.7, firstStarts: 0.4 }).toThrow("expected a sum of at most 1");
    await refused({ discounted: true, agentStarts: "both" }).toThrow("it needs agentStarts=first and agentSamples=rollouts");
    await refused({ discounted: true, agentStarts: "any" }).toThrow("it needs agentStarts=first and agentSamples=rollouts");
    await refused({ discounted: true, agentSamples: "experience" }).toThrow("it needs agentStarts=first and agentSamples=rollouts");
    await refused({ rollouts: { size: 60, transitionsPerUpdate: 2 } }).toThrow(
      "policySteps=100: expected a multiple of the 30 updates that follow each step of the model (rollouts)",
    );
    await refused({ rollouts: { size: 50, transitionsPerUpdate: 20 } }).toThrow("gives 2.5 updates per step of the model");
    await refused({ modelExpertShare: 0.1, demonstrationsInData: false }).toThrow("modelExpertShare=0.1 needs demonstrationsInData=true");
    await refused({ trajectories: 21 }).toThrow("trajectories=21: the demonstrations hold 20");
  });

  it("come out even by default and in every preset", () => {
    for (const environmentId of [id, "Hopper-v5", "HalfCheetah-v5", "Walker2d-v5"]) {
      for (const [name, preset] of [["", {}] as const, ...Object.entries(offlineMlIrl.presets(environmentSpec(environmentId)))]) {
        const { rollouts, sac, policySteps, discounted, agentStarts } = offlineMlIrlSchema.parse(preset);
        const updates = rollouts.size / rollouts.transitionsPerUpdate;
        expect(updates % sac.updatesPerRun, `${environmentId} ${name}`).toBe(0);
        expect(policySteps % updates, `${environmentId} ${name}`).toBe(0);
        expect(discounted && agentStarts !== "first", `${environmentId} ${name}`).toBe(false);
      }
    }
  });

  it("let a run end where it should, also within an iteration and a step of the model", async () => {
    const model = handMade({ environment: id, observationSize: 2, actionSize: 1, members: [{}] });
    const trainer = await create({ dataset, demonstrations, model }, { ...quick, steps: 255 });
    const steps: number[] = [];
    while (!trainer.done) {
      await trainer.advance();
      steps.push(trainer.steps);
    }
    expect(steps).toEqual([100, 200, 255]);
    expect(trainer.totalSteps).toBe(255);
    trainer.close();
  });
});
