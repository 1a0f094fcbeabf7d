import { describe, expect, it } from "vitest";
import { learnedReward, rewardNetwork, type LearnedReward } from "../../../agents/reward-network.ts";
import { judgeReward, payment } from "../../../agents/reward-quality/index.ts";
import { judgeRollouts, randomPolicy } from "../../../agents/reward-quality/rollouts.ts";
import { concatenate, setOfTrajectory } from "../../../datasets/index.ts";
import { make } from "../../../envs/index.ts";
import { ACTION_COST, DT, FORCE, VELOCITY_COST } from "../../../envs/regulator/riccati.ts";
import { zeros, view } from "../../../src/nn/vector.ts";
import { createRandom } from "../../../src/random/index.ts";
import { optimalRegulator } from "../demonstrations.ts";

/** r = w · x of the regulator's (position, velocity) or (position, velocity, action). */
function linear(weights: readonly number[]): LearnedReward {
  const network = rewardNetwork({
    environment: "Regulator-v0",
    input: weights.length === 3 ? "state-action" : "state",
    observationSize: 2,
    actionSize: 1,
    hidden: [],
    activation: "relu",
    bound: { kind: "clamp", value: 1e6 },
    absorbing: false,
  });
  const theta = zeros(network.layout);
  view(network.layout, theta, "0/weight").values.set(weights);
  return learnedReward(network, () => theta);
}

const common = { gamma: 0.9, transitions: 40, draws: 6, episodes: 3 };

/** What the regulator pays, by its formula. */
const pays = ([position, velocity]: ArrayLike<number> & Iterable<number>, [action]: ArrayLike<number> & Iterable<number>): number =>
  -(position ** 2 + VELOCITY_COST * velocity ** 2) - ACTION_COST * action ** 2;

describe("a judged reward", () => {
  it("correlates with recorded rewards as the numbers do", async () => {
    const environment = await make("Regulator-v0");
    const episode = (positions: number[], rewards: number[]) =>
      setOfTrajectory({
        length: positions.length,
        observations: Float32Array.from(positions.flatMap((position) => [position, 9])),
        nextObservations: new Float32Array(2 * positions.length),
        actions: new Float32Array(positions.length),
        rewards: Float32Array.from(rewards),
        terminated: false,
        truncated: true,
      });
    // r = 2·position: steps (2, 4, 6, 8, 10) against (1, 3, 4, 2, 5), sums (6, 6, 18) against (4, 4, 7)
    const dataset = concatenate([episode([1, 2], [1, 3]), episode([3], [4]), episode([4, 5], [2, 5])]);
    const { report } = judgeReward({ ...common, reward: linear([2, 0]), environment, policies: [], dataset, random: createRandom(0) });
    expect(report.epic).toBeNull();
    expect(report.sources).toHaveLength(1);
    const [{ source, bySteps, byTrajectories, meanLearned, meanTrue }] = report.sources;
    expect([source, meanLearned, meanTrue]).toEqual(["dataset", 6, 3]);
    expect(bySteps).toEqual({ count: 5, pearson: expect.closeTo(0.7, 12) as number, spearman: expect.closeTo(0.7, 12) as number });
    expect(byTrajectories).toEqual({ count: 3, pearson: expect.closeTo(1, 12) as number, spearman: expect.closeTo(1, 12) as number });
    environment.close();
  });

  it("is asked about states that the environment can be put back into", async () => {
    const environment = await make("Regulator-v0");
    const value = (observation: ArrayLike<number>) => observation[0];
    const { steps, transitions } = judgeRollouts({ environment, policy: randomPolicy(environment), source: "random", episodes: 4, kept: 30, random: createRandom(2), value });
    expect([steps.learned.length, steps.trajectories.length, transitions.length]).toEqual([200, 4, 30]);
    const ask = payment(environment);
    for (const { state, action, next } of transitions) {
      expect(ask(state, action, next)).toBeCloseTo(pays(state.observation, action), 14);
      // any other action, too, and the state afterwards is the one that was seen
      expect(ask(state, Float64Array.of(0.25), next)).toBeCloseTo(pays(state.observation, [0.25]), 14);
      const velocity = state.observation[1] + DT * FORCE * action[0];
      expect(next.observation[1]).toBeCloseTo(velocity, 14);
    }
    // different steps of all episodes were kept
    expect(new Set(transitions.map(({ state }) => state.observation[0])).size).toBe(30);
    environment.close();
  });

  it.each([
    ["r(s)", [-1, -0.3]],
    ["r(s, a)", [-1, -0.3, 0.5]],
  ])("has the EPIC distance that the formulas give: %s", async (_, weights) => {
    const environment = await make("Regulator-v0");
    const policies = [
      { source: "own", policy: optimalRegulator(0.1) },
      { source: "random", policy: randomPolicy(environment) },
    ];
    const { report, steps } = judgeReward({ ...common, reward: linear(weights), environment, policies, random: createRandom(7) });
    expect(report.sources.map(({ source, bySteps }) => [source, bySteps.count])).toEqual([["own", 150], ["random", 150], ["all", 300]]);
    expect(report.epic).toMatchObject({ gamma: 0.9, transitions: 80, draws: 6 });
    for (const { learned, rewarded, trajectories } of steps) {
      expect(trajectories.reduce((sum, { rewarded: one }) => sum + one, 0)).toBeCloseTo(rewarded.reduce((a, b) => a + b), 9);
      expect(trajectories.reduce((sum, { learned: one }) => sum + one, 0)).toBeCloseTo(learned.reduce((a, b) => a + b), 9);
    }

    // the same coverage again, by the formulas in place of network and simulation
    const random = createRandom(7);
    const coverage = policies.flatMap(({ source, policy }) =>
      judgeRollouts({ environment, policy, source, episodes: 3, kept: 40, random: random.split(source), value: () => 0 }).transitions,
    );
    const drawing = random.split("draws");
    const actions = Array.from({ length: 6 }, () => {
      const { action } = coverage[drawing.integer(80)];
      drawing.integer(80);
      return action;
    });
    const says = (observation: Float64Array, action: Float64Array): number => weights[0] * observation[0] + weights[1] * observation[1] + (weights[2] ?? 0) * action[0];
    const canonical = (R: (observation: Float64Array, action: Float64Array) => number): number[] => {
      const mean = (observation: Float64Array): number => actions.reduce((sum, action) => sum + R(observation, action), 0) / 6;
      return coverage.map(({ state, action, next }) => R(state.observation, action) + 0.9 * mean(next.observation) - mean(state.observation));
    };
    const [x, y] = [canonical(says), canonical(pays)];
    const average = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    const covariance = (a: number[], b: number[]): number => average(a.map((value, i) => value * b[i])) - average(a) * average(b);
    const rho = covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
    expect(report.epic?.distance).toBeCloseTo(Math.sqrt((1 - rho) / 2), 6);
    environment.close();
  });
});
