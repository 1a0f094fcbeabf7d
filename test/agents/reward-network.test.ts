import { describe, expect, it } from "vitest";
import { learnedReward, rewardNetwork, type RewardArchitecture } from "../../agents/reward-network.ts";
import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { constantVector, inputVector } from "../../src/nn/vector.ts";
import { createRandom } from "../../src/random/index.ts";
import { expectClose, runGraph, uniformValues } from "../nn/graphs.ts";
import { plainNetwork } from "./plain-network.ts";

const architecture: RewardArchitecture = {
  environment: "any",
  input: "state-action",
  observationSize: 2,
  actionSize: 1,
  hidden: [4],
  activation: "relu",
  bound: { kind: "tanh", value: 2 },
  absorbing: true,
};

describe.each([
  { input: "state-action", absorbing: true, rows: [1, 2, 9, 0, 3, 4, 8, 0] },
  { input: "state-action", absorbing: false, rows: [1, 2, 9, 3, 4, 8] },
  { input: "state", absorbing: true, rows: [1, 2, 0, 3, 4, 0] },
  { input: "state", absorbing: false, rows: [1, 2, 3, 4] },
] as const)("input rows of $input, absorbing $absorbing", ({ input, absorbing, rows }) => {
  const network = rewardNetwork({ ...architecture, input, absorbing });
  const observations = Float32Array.of(1, 2, 3, 4);
  const actions = Float32Array.of(9, 8);

  it("are the same from numbers and in a graph", async () => {
    const target = new Float32Array(3 * network.inputSize).fill(7);
    network.fillRows(target, 1, observations, actions);
    expect([...target]).toEqual([...new Array<number>(network.inputSize).fill(7), ...rows]);
    const [graph] = await runGraph(
      onnxExecutor,
      [network.rows(op.input("observation", [2, 2]), op.input("action", [2, 1]))],
      { observation: observations, action: actions },
    );
    expect([...graph]).toEqual([...rows]);
  });
});

describe("a reward network", () => {
  it("gives the absorbing state its own reward", async () => {
    const network = rewardNetwork(architecture);
    const theta = network.initialize(createRandom(1));
    const reward = learnedReward(network, () => theta);
    const [value] = await runGraph(onnxExecutor, [reward.absorbing!(inputVector("theta", network.layout))], {
      "theta#0": theta[0],
    });
    const [raw] = plainNetwork(reward.weights(), "relu", [0, 0, 0, 1]);
    expectClose(value, [2 * Math.tanh(raw / 2)]);
    const row = new Float32Array(8).fill(5);
    network.fillAbsorbing(row, 1);
    expect([...row]).toEqual([5, 5, 5, 5, 0, 0, 0, 1]);
    expect(learnedReward(rewardNetwork({ ...architecture, absorbing: false }), () => theta).absorbing).toBeUndefined();
  });

  it.each(["clamp", "tanh"] as const)("keeps within its bound: %s", async (kind) => {
    // r = x, cut or saturating at 2
    const network = rewardNetwork({
      ...architecture,
      input: "state",
      observationSize: 1,
      hidden: [],
      bound: { kind, value: 2 },
      absorbing: false,
    });
    const rows = op.input("x", [4, 1]);
    const value = network.value(constantVector(network.layout, [Float32Array.of(1, 0)]), rows);
    const [slope] = gradient(op.sum(value), [rows]);
    const x = [-50, -1, 0.5, 3];
    const [values, slopes] = await runGraph(onnxExecutor, [value, slope], { x });
    expectClose(values, kind === "clamp" ? [-2, -1, 0.5, 2] : x.map((xi) => 2 * Math.tanh(xi / 2)));
    expectClose(slopes, kind === "clamp" ? [0, 1, 1, 0] : x.map((xi) => 1 - Math.tanh(xi / 2) ** 2));
  });

  it("reads states alone, whatever the action, where it is a reward of states", async () => {
    const network = rewardNetwork({ ...architecture, input: "state", absorbing: false });
    const theta = network.initialize(createRandom(4));
    const reward = learnedReward(network, () => theta);
    const observation = op.constant(uniformValues(createRandom(5), 2, -1, 1), [1, 2]);
    const at = (action: number) =>
      reward.value(constantVector(network.layout, theta), {
        observation,
        action: op.constant([action], [1, 1]),
        nextObservation: observation,
        reward: op.constant([0], [1, 1]),
      });
    const [a, b] = await runGraph(onnxExecutor, [at(-1), at(1)], {});
    expect([...a]).toEqual([...b]);
    expect(a[0]).not.toBe(0);
  });
});
