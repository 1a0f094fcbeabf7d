import { describe, expect, it } from "vitest";
import { rewardStepSchema } from "../../../agents/ml-irl/config.ts";
import { mlIrlLearner } from "../../../agents/ml-irl/learner.ts";
import type { TrajectoryRows } from "../../../agents/reward-learner.ts";
import { rewardNetwork } from "../../../agents/reward-network.ts";
import { rewardValue } from "../../../agents/reward-value.ts";
import { createRandom } from "../../../src/random/index.ts";
import { expectClose } from "../../nn/graphs.ts";
import { plainNetwork } from "../plain-network.ts";

const rate = 0.01;

const plain = {
  rewardHidden: [],
  rewardActivation: "tanh",
  rewardBound: { kind: "clamp", value: 100 },
  rewardSteps: 1,
  rewardLearningRate: rate,
  finalRewardLearningRateFraction: 1,
  rewardBeta1: 0.9,
  rewardL2: 0,
  gradientPenalty: { weight: 0, target: 1 },
  rewardStandardization: false,
} as const;

/** Rows (s, a) with one state and one action component. */
const rows = (pairs: readonly (readonly [number, number])[], weights: number[], absorbingWeight = 0): TrajectoryRows => ({
  observations: Float32Array.from(pairs, ([s]) => s),
  actions: Float32Array.from(pairs, ([, a]) => a),
  weights: Float32Array.from(weights),
  absorbingWeight,
});

const expert = rows([[1, 0.5], [2, -0.5], [3, 0.25]], [1, 0.5, 0.25]);
// Σ w·(s, a, 1) = (2.75, 0.3125, 1.75)
const agent = rows([[-1, 0.5], [4, 1]], [1, 0.75]);
// (2, 1.25, 1.75); agent − expert = (−0.75, 0.9375, 0)

async function makeLearner(changes: object = {}, { absorbing = false, input = "state-action", totalSteps = 100, level = NaN } = {}) {
  const config = rewardStepSchema.parse({ ...plain, ...changes });
  const network = rewardNetwork({
    environment: "any",
    input: input === "state" ? "state" : "state-action",
    observationSize: 1,
    actionSize: 1,
    hidden: config.rewardHidden,
    activation: config.rewardActivation,
    bound: config.rewardBound,
    absorbing,
  });
  const learner = await mlIrlLearner({ network, config, agentRows: 4, expertRows: 3, totalSteps, level: Number.isNaN(level) ? undefined : level, random: createRandom(6) });
  const theta = (): number[] => Object.values(learner.reward.weights()).flatMap(({ values }) => [...values]);
  return { learner, theta };
}

/** Adam as in its paper, with the gradient a function of θ. */
function plainAdam(
  start: readonly number[],
  gradient: (theta: readonly number[]) => readonly number[],
  steps: number,
  beta1: number,
): number[] {
  let theta = [...start];
  const m = theta.map(() => 0);
  const v = theta.map(() => 0);
  for (let t = 1; t <= steps; t++) {
    const g = gradient(theta);
    theta = theta.map((value, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] ** 2;
      return value - (rate * (m[i] / (1 - beta1 ** t))) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
    });
  }
  return theta;
}

describe("the reward step of ML-IRL", () => {
  it("moves a linear reward by the step size, towards the expert's features and away from the agent's", async () => {
    const { learner, theta } = await makeLearner();
    const [w, u, b] = theta();
    await learner.update(expert, agent);
    expectClose(theta(), [w + rate, u - rate, b]);
    await learner.close();
  });

  it("reports the surrogate and the weighted means", async () => {
    const { learner, theta } = await makeLearner();
    const [w, u, b] = theta();
    const { rewardLoss, expertReward, agentReward } = await learner.update(expert, agent);
    expectClose([rewardLoss], [-0.75 * w + 0.9375 * u]);
    expectClose([expertReward], [(2.75 * w + 0.3125 * u) / 1.75 + b]);
    expectClose([agentReward], [(2 * w + 1.25 * u) / 1.75 + b]);
    await learner.close();
  });

  it("makes several steps on the same rows, each with the L2 gradient at the new θ", async () => {
    const { learner, theta } = await makeLearner({ rewardSteps: 7, rewardL2: 2, rewardBeta1: 0.5 });
    const start = theta();
    await learner.update(expert, agent);
    const expected = plainAdam(start, ([w, u, b]) => [-0.75 + 2 * w, 0.9375 + 2 * u, 2 * b], 7, 0.5);
    expectClose(theta(), expected, { relative: 1e-4, absolute: 1e-6 });
    await learner.close();
  });

  it("shrinks its step linearly over the run", async () => {
    const { learner, theta } = await makeLearner({ rewardSteps: 2, finalRewardLearningRateFraction: 0 }, { totalSteps: 4 });
    const [w] = theta();
    await learner.update(expert, agent);
    await learner.update(expert, agent);
    // a constant gradient: every step is as long as the step size
    expectClose([theta()[0]], [w + rate * (1 + 0.75 + 0.5 + 0.25)]);
    await learner.close();
  });

  it("sees states alone where the reward is one of states", async () => {
    const { learner, theta } = await makeLearner({}, { input: "state" });
    const [w, b] = theta();
    expect(theta()).toHaveLength(2);
    await learner.update(expert, agent);
    expectClose(theta(), [w + rate, b]);
    await learner.close();
  });

  it("learns the reward of the absorbing state by the weight that falls give it", async () => {
    const { learner, theta } = await makeLearner({}, { absorbing: true });
    const [w, u, v, b] = theta();
    // the agent's 0.75 on its second row is spent in the absorbing state instead
    const absorbed = rows([[-1, 0.5]], [1], 0.75);
    const { rewardLoss, agentReward } = await learner.update(expert, absorbed);
    expectClose([rewardLoss], [-w + 0.5 * u + b + 0.75 * (v + b) - (2.75 * w + 0.3125 * u + 1.75 * b)]);
    expectClose([agentReward], [(-w + 0.5 * u + b + 0.75 * (v + b)) / 1.75]);
    // features: s −1 − 2.75, a 0.5 − 0.3125, absorbing 0.75, constant 0
    expectClose(theta(), [w + rate, u - rate, v - rate, b]);
    await learner.close();
  });

  it.each([
    // Σ w·(s, a, 1) of its rows
    { rewardAnchor: "expert", sums: [2.75, 0.3125, 1.75] },
    { rewardAnchor: "agent", sums: [2, 1.25, 1.75] },
  ])("holds the mean reward of the $rewardAnchor at a level, and changes nothing else", async ({ rewardAnchor, sums: [ofW, ofU, ofB] }) => {
    const free = await makeLearner({ rewardSteps: 5 });
    const held = await makeLearner({ rewardSteps: 5, rewardAnchor }, { level: 1.5 });
    for (const { learner } of [free, held]) await learner.update(expert, agent);
    const [w, u, b] = held.theta();
    expectClose([w, u], free.theta().slice(0, 2));
    // the mean is that before the last step, which moves each weight by 0.01
    const mean = (ofW * w + ofU * u) / ofB + b;
    expect(Math.abs(mean - 1.5)).toBeLessThan(0.04);
    expect(Math.abs(b - free.theta()[2])).toBeGreaterThan(0.1);
    for (const { learner } of [free, held]) await learner.close();
  });

  it("forgets the rows of a longer batch before", async () => {
    const { learner, theta } = await makeLearner();
    await learner.update(expert, rows([[5, 1], [6, 1], [7, 1], [8, 1]], [1, 1, 1, 1], 3));
    const [w, u] = theta();
    const { rewardLoss } = await learner.update(expert, agent);
    expectClose([rewardLoss], [-0.75 * w + 0.9375 * u]);
    await learner.close();
  });

  it("refuses more rows than it has room for", async () => {
    const { learner } = await makeLearner();
    await expect(learner.update(agent, rows([[1, 1], [1, 1], [1, 1], [1, 1], [1, 1]], [1, 1, 1, 1, 1]))).rejects.toThrow(
      "5 rows do not fit into 4",
    );
    await learner.close();
  });

  it("raises the expert's reward and lowers the agent's with a network", async () => {
    const { learner } = await makeLearner({ rewardHidden: [16], rewardSteps: 20, rewardBound: { kind: "tanh", value: 5 } });
    const mean = ({ observations, actions, weights }: TrajectoryRows): number => {
      const theta = learner.reward.weights();
      const values = [...observations].map((s, i) => 5 * Math.tanh(plainNetwork(theta, "tanh", [s, actions[i]])[0] / 5));
      return values.reduce((sum, r, i) => sum + r * weights[i], 0) / weights.reduce((sum, w) => sum + w, 0);
    };
    const opposite = rows([[-1, 0.5], [-2, 0.5], [-3, -0.25]], [1, 0.5, 0.25]);
    const before = [mean(expert), mean(opposite)];
    await learner.update(expert, opposite);
    expect(mean(expert)).toBeGreaterThan(before[0] + 0.05);
    expect(mean(opposite)).toBeLessThan(before[1] - 0.05);
    await learner.close();
  });

  it("keeps the slope between expert and agent near its target when steeper ones are penalised", async () => {
    const slope = async (weight: number): Promise<number> => {
      const { learner, theta } = await makeLearner({ rewardSteps: 400, gradientPenalty: { weight, target: 0.5 } });
      const { gradientPenalty = 0 } = await learner.update(expert, agent);
      const length = Math.hypot(theta()[0], theta()[1]);
      // r is linear: its slope is the same everywhere, and the last reported penalty that of one step before
      if (weight > 0) expect(gradientPenalty).toBeCloseTo(Math.max(0, length - 0.5) ** 2, 1);
      await learner.close();
      return length;
    };
    expect(await slope(0)).toBeGreaterThan(4);
    // the minimum of −|g|·x + w·Σwᴱ·(x − ½)²: x = ½ + |g|/(2·w·1.75), |g| = hypot(0.75, 0.9375)
    const weight = 2;
    expect(await slope(weight)).toBeCloseTo(0.5 + Math.hypot(0.75, 0.9375) / (2 * weight * 1.75), 2);
  });
});

describe("the reward step on standardised inputs", () => {
  // each side counts one half: states (1 + 2 + 3)/3 and (−1 + 4)/2, squares 14/3 and 17/2; actions 0.25/3 and 0.75
  const mean = [(2 + 1.5) / 2, (0.25 / 3 + 0.75) / 2];
  const squares = [(14 / 3 + 8.5) / 2, ((0.25 + 0.25 + 0.0625) / 3 + (0.25 + 1) / 2) / 2];
  const scale = mean.map((m, i) => Math.sqrt(squares[i] - m ** 2));
  const standardized = ({ observations, actions, weights, absorbingWeight }: TrajectoryRows): TrajectoryRows => ({
    observations: observations.map((s) => (s - mean[0]) / scale[0]),
    actions: actions.map((a) => (a - mean[1]) / scale[1]),
    weights,
    absorbingWeight,
  });
  const far = rows([[10, 1], [20, -1]], [1, 0.75]);
  const network = { rewardHidden: [8], rewardSteps: 3, gradientPenalty: { weight: 1, target: 0.1 } };

  it.each([
    { name: "a network", changes: network },
    { name: "a linear reward", changes: { ...network, rewardHidden: [] } },
  ])("gives $name for raw inputs what the plain step on standardised ones gives for those", async ({ changes }) => {
    const raw = await makeLearner({ ...changes, rewardStandardization: true }, { level: 1 });
    const plainOne = await makeLearner(changes, { level: 1 });
    // the scale is that of the first rows, whatever comes later
    for (const rowsOfAgent of [agent, far, agent]) {
      const metrics = await raw.learner.update(expert, rowsOfAgent);
      const expected = await plainOne.learner.update(standardized(expert), standardized(rowsOfAgent));
      expectClose(Object.values(metrics), Object.values(expected), { relative: 1e-4, absolute: 1e-4 });
    }
    const [ofRaw, ofStandardized] = [rewardValue(raw.learner.reward), rewardValue(plainOne.learner.reward)];
    for (const [s, a] of [[1, 0.5], [4, 1], [-3, -1], [0, 0]]) {
      expectClose([ofRaw([s], [a])], [ofStandardized([(s - mean[0]) / scale[0]], [(a - mean[1]) / scale[1]])], { relative: 1e-4, absolute: 1e-4 });
    }
    for (const { learner } of [raw, plainOne]) await learner.close();
  });

  it("keeps the scale in a run that goes on", async () => {
    const whole = await makeLearner({ ...network, rewardStandardization: true });
    await whole.learner.update(expert, agent);
    const continued = await makeLearner({ ...network, rewardStandardization: true });
    continued.learner.restore(whole.learner.snapshot());
    expect(continued.theta()).toEqual(whole.theta());
    for (const { learner } of [whole, continued]) await learner.update(expert, far);
    expect(continued.theta()).toEqual(whole.theta());
    for (const { learner } of [whole, continued]) await learner.close();
  });

  it("pays the absorbing state what it has learned of it", async () => {
    const { learner, theta } = await makeLearner({ rewardStandardization: true }, { absorbing: true });
    const absorbed = rows([[-1, 0.5]], [1], 0.75);
    await learner.update(expert, absorbed);
    const { agentReward } = await learner.update(expert, absorbed);
    const [w, u, v, b] = theta();
    // the report is of θ before its last step, which moves each of four weights by 0.01 of their scale
    expect(Math.abs((-w + 0.5 * u + b + 0.75 * (v + b)) / 1.75 - agentReward)).toBeLessThan(0.05);
    await learner.close();
  });

  it("leaves a column that never changes as it is", async () => {
    const { learner, theta } = await makeLearner({ rewardStandardization: true });
    const still = (weights: number[]) => rows([[1, 0.25], [2, 0.25]], weights);
    await learner.update(still([1, 0.5]), still([0.5, 1]));
    expect(theta().every(Number.isFinite)).toBe(true);
    await learner.close();
  });
});
