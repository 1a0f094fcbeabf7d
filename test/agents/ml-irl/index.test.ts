import { describe, expect, it } from "vitest";
import { mlIrlSchema } from "../../../agents/ml-irl/config.ts";
import { mlIrl } from "../../../agents/ml-irl/index.ts";
import { evaluatePolicy } from "../../../agents/rollout.ts";
import type { Metrics, Trainer } from "../../../agents/trainer.ts";
import type { Demonstrations } from "../../../datasets/index.ts";
import type { Environment } from "../../../envs/index.ts";
import { UserError } from "../../../src/errors.ts";
import { chain } from "../chain.ts";
import { demonstrate, demonstrationsOf } from "../demonstrations.ts";
import { answer, expertOf, goThere, line, type LineTask } from "../line.ts";
import { plainNetwork, rankCorrelation } from "../plain-network.ts";

const TRAJECTORIES = 20;

const settings = {
  steps: 5000,
  trajectories: TRAJECTORIES,
  policyEpisodes: 10,
  agentSamples: "rollouts",
  agentTrajectories: 10,
  discounted: false,
  afterTermination: "stop",
  rewardHidden: [32],
  rewardActivation: "tanh",
  rewardBound: { kind: "tanh", value: 10 },
  rewardSteps: 5,
  rewardLearningRate: 1e-2,
  finalRewardLearningRateFraction: 0.1,
  rewardBeta1: 0.5,
  rewardL2: 1e-3,
  gradientPenalty: { weight: 0, target: 1 },
} as const;

const sac = {
  hidden: [32, 32],
  activation: "silu",
  batchSize: 64,
  policyLearningRate: 3e-3,
  criticLearningRate: 3e-3,
  finalLearningRateFraction: 0.3,
  gamma: 0.8,
  polyak: 0.95,
  automaticTemperature: false,
  temperature: 0.1,
  randomSteps: 200,
  updatesPerRun: 10,
} as const;

/** What was learned on a task from demonstrations of the best policy of a task. */
async function recover(task: LineTask, rewardInput: "state" | "state-action", temperature: number, shown = task) {
  const environment = line(task);
  const demonstrations = await demonstrate(line(shown), expertOf(shown), TRAJECTORIES);
  const trainer = await mlIrl.create(
    { environment: environment.spec, makeEnvironment: async () => line(task), seed: 1, demonstrations },
    mlIrlSchema.parse({ ...settings, rewardInput, sac: { ...sac, temperature } }),
  );
  while (!trainer.done) await trainer.advance();
  const options = { episodes: 50, seed: 77, mode: "mean" } as const;
  const achieved = (await evaluatePolicy(environment, trainer.policy!, options)).mean;
  const best = (await evaluatePolicy(environment, expertOf(task), options)).mean;
  // tanh bounds the reward, and leaves the order as it is
  const weights = trainer.reward!.weights();
  const reward = (...input: number[]): number => plainNetwork(weights, "tanh", input)[0];
  trainer.close();
  return { achieved, best, reward };
}

const between = (count: number): number[] => Array.from({ length: count }, (_, i) => -1 + (2 * i + 1) / count);

/** How alike learned and true reward order the states; no two of 37 lie equally far from ½ or −½. */
const stateRank = (task: LineTask, reward: (x: number) => number): number =>
  rankCorrelation(between(37).map((x) => task.reward(x, 0)), between(37).map((x) => reward(x)));

describe("ML-IRL", () => {
  it("recovers a reward of states, and the way to the best", async () => {
    const { achieved, best, reward } = await recover(goThere, "state", 0.01);
    expect(stateRank(goThere, reward)).toBeGreaterThan(0.95);
    // staying where an episode starts would return −10·(1/3 + 1/4) = −5.8, the best is −1.07
    expect(achieved).toBeGreaterThan(1.15 * best);
  });

  it("recovers it from demonstrations of something else, too", async () => {
    // the mirror image: go to −½
    const away: LineTask = { ...goThere, reward: (x) => goThere.reward(-x, 0), best: (x) => -goThere.best(-x) };
    const { achieved, best, reward } = await recover(goThere, "state", 0.01, away);
    expect(stateRank(away, reward)).toBeGreaterThan(0.95);
    expect(stateRank(goThere, reward)).toBeLessThan(0);
    expect(achieved).toBeLessThan(5 * best);
  });

  it("recovers a reward of states and actions, and the right answers", async () => {
    const { achieved, reward } = await recover(answer, "state-action", 0.1);
    // what the reward of an action is beside that of others in the same state is determined, the state's own part is not
    for (const x of [-0.8, -0.5, -0.2, 0.1, 0.4, 0.7]) {
      const rank = rankCorrelation(
        between(20).map((action) => answer.reward(x, action)),
        between(20).map((action) => reward(x, action)),
      );
      expect(rank, `at ${x}`).toBeGreaterThan(0.8);
    }
    // always answering 0 returns −10·0.6²/3 = −1.2, the best is 0
    expect(achieved).toBeGreaterThan(-0.3);
  });
});

/** Always ends after 3 steps, long before its time limit. */
const falling = (): Environment =>
  chain({ states: 100, compact: true, reward: () => 1, terminates: (state) => state === 2, maxEpisodeSteps: 8 });

/** An expert that does not fall. */
const upright: Demonstrations = demonstrationsOf(falling(), [
  {
    length: 8,
    observations: new Float32Array(8),
    actions: new Float32Array(8),
    nextObservations: new Float32Array(8),
    rewards: new Float32Array(8),
    terminated: false,
    truncated: true,
  },
]);

async function makeTrainer(changes: object, demonstrations: Demonstrations | undefined = upright): Promise<Trainer> {
  return mlIrl.create(
    { environment: falling().spec, makeEnvironment: async () => falling(), seed: 1, demonstrations },
    mlIrlSchema.parse({
      ...settings,
      steps: 200,
      trajectories: 1,
      rewardInput: "state",
      policyEpisodes: 1,
      agentTrajectories: 2,
      rewardHidden: [],
      finalRewardLearningRateFraction: 1,
      rewardL2: 0,
      sac: { ...sac, hidden: [8], batchSize: 4, randomSteps: 20 },
      ...changes,
    }),
  );
}

describe("the loop of ML-IRL", () => {
  it.each([
    { afterTermination: "stop", sampled: 2 * 3 },
    { afterTermination: "absorbing", sampled: 2 * 3 },
    { afterTermination: "continue", sampled: 2 * 8 },
  ])("counts every step of its samples, after a fall: $afterTermination", async ({ afterTermination, sampled }) => {
    const trainer = await makeTrainer({ afterTermination });
    let updates = 0;
    let policySteps = 0;
    while (!trainer.done) {
      const before = trainer.environmentSteps;
      const metrics = await trainer.advance();
      const sampledNow = "rewardLoss" in metrics;
      if (sampledNow) updates++;
      policySteps += metrics.environmentSteps - before - (sampledNow ? sampled : 0);
      // one iteration is 8 policy steps
      expect(metrics.iteration).toBe(Math.floor(policySteps / 8));
    }
    expect(policySteps + updates * sampled).toBe(200);
    // an iteration costs 8 + sampled; the last samples may not fit before the end, which the policy's steps fill
    expect(updates).toBeGreaterThanOrEqual(Math.floor((200 - 2 * 8) / (8 + sampled)));
    trainer.close();
  });

  it("takes the solver's own steps as samples at no cost", async () => {
    const trainer = await makeTrainer({ agentSamples: "experience" });
    const records: Metrics[] = [];
    while (!trainer.done) records.push(await trainer.advance());
    expect(records.map(({ environmentSteps }) => environmentSteps)).toEqual(records.map((_, i) => 8 * (i + 1)));
    // no reward step at the very end, which no policy step would follow
    expect(records.map((record) => "rewardLoss" in record)).toEqual([...new Array<boolean>(24).fill(true), false]);
    trainer.close();
  });

  it("goes on by one step at least", async () => {
    const trainer = await makeTrainer({ agentSamples: "experience", policyEpisodes: 0.01, steps: 30 });
    const records: Metrics[] = [];
    for (let i = 0; i < 30; i++) records.push(await trainer.advance());
    expect(records.map(({ environmentSteps }) => environmentSteps)).toEqual(records.map((_, i) => i + 1));
    expect(trainer.done).toBe(true);
    trainer.close();
  });

  it("makes the absorbing state worse as long as the agent falls and the expert does not", async () => {
    const trainer = await makeTrainer({ afterTermination: "absorbing" });
    const indicator = (): number => trainer.reward!.weights()["0/weight"].values[1];
    const first = indicator();
    let updates = 0;
    while (!trainer.done) if ("rewardLoss" in (await trainer.advance())) updates++;
    // the reward is linear and the gradient, the weight of the steps after the fall, always the same: so is Adam's step
    expect(indicator()).toBeCloseTo(first - updates * settings.rewardSteps * settings.rewardLearningRate, 4);
    trainer.close();
  });

  it("gives the solver a share of the expert's transitions, under the learned reward", async () => {
    // the agent only sees state 0, the expert states 4 and 5; true rewards are as large as no learned one
    const still = (): Environment => chain({ states: 1, compact: true, reward: () => 1000, maxEpisodeSteps: 8 });
    const apart = demonstrationsOf(still(), [
      {
        length: 2,
        observations: Float32Array.of(5, 5),
        actions: new Float32Array(2),
        nextObservations: Float32Array.of(5, 5),
        rewards: Float32Array.of(1000, 1000),
        terminated: false,
        truncated: true,
      },
    ]);
    const rewardMean = async (expertShare: number) => {
      const config = { ...settings, steps: 64, policyEpisodes: 8, trajectories: 1, rewardInput: "state", agentSamples: "experience", rewardHidden: [] };
      const trainer = await mlIrl.create(
        { environment: still().spec, makeEnvironment: async () => still(), seed: 1, demonstrations: apart },
        mlIrlSchema.parse({ ...config, expertShare, sac: { ...sac, hidden: [8], batchSize: 8, randomSteps: 20 } }),
      );
      // the only iteration: its reward is the first one
      const metrics = await trainer.advance();
      const { "0/weight": { values: [w] }, "0/bias": { values: [b] } } = trainer.reward!.weights();
      trainer.close();
      return { mean: metrics.rewardMean, of: (s: number) => w * s + b };
    };
    const alone = await rewardMean(0);
    expect(alone.mean).toBeCloseTo(Math.tanh(alone.of(0) / 10) * 10, 5);
    const shared = await rewardMean(0.25);
    const bounded = (s: number): number => Math.tanh(shared.of(s) / 10) * 10;
    expect(shared.mean).toBeCloseTo(0.75 * bounded(0) + 0.25 * bounded(5), 5);
    expect(Math.abs(bounded(5) - bounded(0))).toBeGreaterThan(0.1);
  });

  it("needs the expert's actions where the solver learns from them", () => {
    const needed = (changes: object): boolean => mlIrl.needsExpertActions?.(mlIrlSchema.parse(changes)) !== undefined;
    expect(needed({ rewardInput: "state" })).toBe(false);
    expect(needed({ rewardInput: "state", expertShare: 0.1 })).toBe(true);
    expect(needed({ rewardInput: "state-action" })).toBe(true);
  });

  it("asks for what it lacks", async () => {
    await expect(makeTrainer({ trajectories: 2 })).rejects.toThrow(
      new UserError("trajectories=2: the demonstrations hold 1"),
    );
    await expect(makeTrainer({ agentSamples: "experience", afterTermination: "continue" })).rejects.toThrow(UserError);
    await expect(
      mlIrl.create(
        { environment: falling().spec, makeEnvironment: async () => falling(), seed: 1 },
        mlIrlSchema.parse({}),
      ),
    ).rejects.toThrow(new UserError("ml-irl learns from demonstrations: give --demos FILE"));
  });
});
