import { describe, expect, it } from "vitest";
import { gradientPenalty, likelihoodSurrogate } from "../../../agents/ml-irl/loss.ts";
import { rewardNetwork, type RewardArchitecture } from "../../../agents/reward-network.ts";
import { trajectoryRows } from "../../../agents/trajectory-rows.ts";
import { gradient } from "../../../src/nn/gradient.ts";
import * as op from "../../../src/nn/operations.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import type { Tensor } from "../../../src/nn/tensor.ts";
import { inputVector, type Vector } from "../../../src/nn/vector.ts";
import { createRandom } from "../../../src/random/index.ts";
import { expectClose, runGraph, uniformValues } from "../../nn/graphs.ts";
import { centralDifferences, reference } from "../../nn/reference.ts";

const observationSize = 2;
const actionSize = 1;
const horizon = 5;

const architecture: RewardArchitecture = {
  environment: "any",
  input: "state-action",
  observationSize,
  actionSize,
  hidden: [4],
  activation: "tanh",
  bound: { kind: "tanh", value: 3 },
  absorbing: false,
};

const random = createRandom(9);

const trajectory = (name: string, length: number, terminated = false) => ({
  length,
  terminated,
  observations: uniformValues(random.split(`${name} observations`), length * observationSize, -2, 2),
  actions: uniformValues(random.split(`${name} actions`), length * actionSize, -1, 1),
});

const expert = [trajectory("expert 0", horizon), trajectory("expert 1", horizon)];
const whole = [trajectory("agent 0", horizon), trajectory("agent 1", horizon)];
const fallen = [trajectory("agent 2", 3, true), trajectory("agent 3", 1, true)];

const network = rewardNetwork(architecture);
const thetaValues = network.initialize(createRandom(2))[0];

/** θ as an input called theta#0. */
const thetaOf = ({ layout } = network): Vector => inputVector("theta", layout);

/** ∇θ of the surrogate of whole batches of trajectories. */
async function surrogateGradient(agent: typeof expert, gamma: number, used = network): Promise<Float32Array> {
  const theta = thetaOf(used);
  const weighting = { gamma, horizon, afterTermination: "stop" } as const;
  const side = (episodes: typeof expert): [Tensor, Tensor] => {
    const { observations, actions, weights } = trajectoryRows(episodes, weighting);
    const count = weights.length;
    const rows = used.rows(op.constant(observations, [count, observationSize]), op.constant(actions, [count, actionSize]));
    return [used.value(theta, rows), op.constant(weights, [count, 1])];
  };
  const loss = likelihoodSurrogate(...side(agent), ...side(expert));
  const [result] = await runGraph(onnxExecutor, gradient(loss, theta.chunks), { "theta#0": thetaValues });
  return result;
}

/** h(θ;τ) averaged over trajectories: one graph, and one gradient, for each step. */
function averageH(episodes: typeof expert, gamma: number): Float64Array {
  const h = new Float64Array(thetaValues.length);
  for (const { length, observations, actions } of episodes) {
    for (let t = 0; t < length; t++) {
      const row = [...observations.subarray(2 * t, 2 * t + 2), actions[t]];
      const theta = thetaOf();
      const [step] = reference(gradient(op.sum(network.value(theta, op.constant(row, [1, 3]))), theta.chunks), {
        "theta#0": thetaValues,
      });
      step.forEach((value, i) => (h[i] += (gamma ** t * value) / episodes.length));
    }
  }
  return h;
}

describe("the likelihood's surrogate", () => {
  it.each([
    { gamma: 1, agent: whole, kind: "whole" },
    { gamma: 0.7, agent: whole, kind: "whole" },
    { gamma: 0.7, agent: fallen, kind: "fallen" },
  ])("has the gradient h(τᴬ) − h(τᴱ), γ = $gamma, $kind trajectories", async ({ gamma, agent }) => {
    const hE = averageH(expert, gamma);
    const expected = averageH(agent, gamma).map((value, i) => value - hE[i]);
    expectClose(await surrogateGradient(agent, gamma), expected, { relative: 1e-5, absolute: 1e-5 });
  });

  const linear = rewardNetwork({ ...architecture, bound: { kind: "clamp", value: 1e6 } });
  const lastBias = (gradientOfTheta: Float32Array): number => {
    const entry = linear.layout.chunks[0].entries.find(({ name }) => name === "1/bias");
    return gradientOfTheta[entry?.offset ?? NaN];
  };

  it("does not see a constant added to the reward, between trajectories of one length", async () => {
    expect(lastBias(await surrogateGradient(whole, 1, linear))).toBeCloseTo(0, 6);
    expect(lastBias(await surrogateGradient(whole, 0.7, linear))).toBeCloseTo(0, 6);
  });

  it("sees it where trajectories stop at a fall: the difference of mean lengths", async () => {
    // agent (3 + 1)/2, expert 5
    expect(lastBias(await surrogateGradient(fallen, 1, linear))).toBeCloseTo(2 - 5, 5);
  });
});

describe("the gradient penalty", () => {
  const rows = uniformValues(random.split("rows"), 6 * 3, -1, 1);
  // weights large enough that some slopes exceed the target and some do not
  const steep = thetaValues.map((value) => 2.5 * value);
  const target = 0.8;

  const penaltyByDifferences = (theta: ArrayLike<number>): number => {
    const vector = thetaOf();
    const x = op.input("x", [1, 3]);
    const value = network.value(vector, x);
    let total = 0;
    for (let i = 0; i < 6; i++) {
      const [slope] = centralDifferences(
        (inputs) => reference([value], inputs)[0][0],
        { x: rows.subarray(3 * i, 3 * i + 3), "theta#0": theta },
        ["x"],
      );
      total += Math.max(0, Math.hypot(...slope) - target) ** 2;
    }
    return total / 6;
  };

  const build = (): { theta: Vector; penalty: Tensor } => {
    const theta = thetaOf();
    const x = op.input("x", [6, 3]);
    return { theta, penalty: gradientPenalty(network.value(theta, x), x, target) };
  };

  it("is the mean squared excess of the slope over its target", async () => {
    const { penalty } = build();
    const expected = penaltyByDifferences(steep);
    expect(expected).toBeGreaterThan(0.01);
    expectClose((await runGraph(onnxExecutor, [penalty], { "theta#0": steep, x: rows }))[0], [expected], { relative: 1e-4 });
  });

  it("has the gradient that differences of it give", async () => {
    const { theta, penalty } = build();
    const [actual] = await runGraph(onnxExecutor, gradient(penalty, theta.chunks), { "theta#0": steep, x: rows });
    const [expected] = centralDifferences(({ at }) => penaltyByDifferences(at), { at: steep }, ["at"], 1e-4);
    expectClose(actual, expected, { relative: 1e-3, absolute: 1e-4 });
  });

  it("costs nothing up to the target", async () => {
    const x = op.input("x", [6, 3]);
    // slope (0.6, 0, 0.8) everywhere: length 1
    const reward = op.matmul(x, op.constant([0.6, 0, 0.8], [3, 1]));
    const penalties = [0.5, 1, 2].map((limit) => gradientPenalty(reward, x, limit));
    const values = await runGraph(onnxExecutor, penalties, { x: rows });
    expectClose(values.map(([value]) => value), [0.25, 0, 0]);
  });
});
