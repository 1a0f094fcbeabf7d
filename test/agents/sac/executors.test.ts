import { describe, expect, it } from "vitest";
import { environmentReward } from "../../../agents/reward-function.ts";
import { sacSchema } from "../../../agents/sac/config.ts";
import { compileSacUpdate, sacNetworks } from "../../../agents/sac/update.ts";
import type { Executor } from "../../../src/nn/executor.ts";
import { gaussianPolicy } from "../../../src/nn/gaussian-policy.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import { tfjsExecutor } from "../../../src/nn/tfjs/executor.ts";
import { views, zeros, type Layout } from "../../../src/nn/vector.ts";
import { expectClose } from "../../nn/graphs.ts";

const OBSERVATIONS = 17;
const ACTIONS = 6;
const BATCH = 100;
const HIDDEN = 64;
const UPDATES = 50;

/**
 * Numbers that any language makes alike: number i of stream s is i·0x9E3779B1 + s·0x85EBCA77, mixed by two rounds of
 * shift and multiply in 32 bits, over 2³².
 */
function hashed(count: number, stream: number): Float64Array {
  return new Float64Array(count).map((_, i) => {
    let h = (Math.imul(i, 0x9e3779b1) + Math.imul(stream, 0x85ebca77)) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39) >>> 0;
    return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
  });
}

/** The same between −scale and scale. */
const symmetric = (count: number, stream: number, scale = 1): Float32Array =>
  Float32Array.from(hashed(count, stream), (u) => (2 * u - 1) * scale);

/** Weights and biases of a dense layer in ±1/√inputs. */
const layer = (inputs: number, outputs: number, stream: number) => ({
  weight: symmetric(inputs * outputs, stream, 1 / Math.sqrt(inputs)),
  bias: symmetric(outputs, stream + 1, 1 / Math.sqrt(inputs)),
});

/** Two matrices [rows, columns] side by side. */
const besides = (rows: number, left: Float32Array, right: Float32Array): Float32Array => {
  const columns = left.length / rows;
  return Float32Array.from({ length: 2 * left.length }, (_, n) => {
    const [row, column] = [Math.floor(n / (2 * columns)), n % (2 * columns)];
    return column < columns ? left[row * columns + column] : right[row * columns + column - columns];
  });
};

type Dense = ReturnType<typeof layer>;

function policyLayers(): Dense[] {
  const [mean, logStd] = [layer(HIDDEN, ACTIONS, 14), layer(HIDDEN, ACTIONS, 16)];
  const heads = { weight: besides(HIDDEN, mean.weight, logStd.weight), bias: besides(1, mean.bias, logStd.bias) };
  return [layer(OBSERVATIONS, HIDDEN, 10), layer(HIDDEN, HIDDEN, 12), heads];
}

const criticLayers = (stream: number): Dense[] =>
  [[OBSERVATIONS + ACTIONS, HIDDEN], [HIDDEN, HIDDEN], [HIDDEN, 1]].map(([inputs, outputs], i) => layer(inputs, outputs, stream + 2 * i));

function filled(layout: Layout, layers: readonly (readonly Dense[])[]): Float32Array[] {
  const values = zeros(layout);
  for (const [name, array] of Object.entries(views(layout, values))) {
    const [kind, index, member = "member0"] = name.split("/").reverse();
    array.values.set(layers[Number(member.replace("member", ""))][Number(index)][kind as keyof Dense]);
  }
  return values;
}

async function start(executor: Executor, updatesPerRun = 1) {
  const config = sacSchema.parse({ hidden: [HIDDEN, HIDDEN], batchSize: BATCH, updatesPerRun, temperature: 0.2, policyAveraging: 0.9 });
  const policy = gaussianPolicy({ observationSize: OBSERVATIONS, actionSize: ACTIONS, hidden: config.hidden });
  const networks = sacNetworks(policy, OBSERVATIONS, ACTIONS, config);
  const program = await compileSacUpdate({
    networks,
    observationSize: OBSERVATIONS,
    actionSize: ACTIONS,
    reward: environmentReward,
    config,
    totalUpdates: UPDATES,
    executor,
  });
  const critics = filled(networks.critic.layout, [criticLayers(30), criticLayers(50)]);
  program.setState("phi", filled(policy.network.layout, [policyLayers()]));
  program.setState("average", filled(policy.network.layout, [policyLayers()]));
  program.setState("theta", critics);
  program.setState("target", critics);
  program.setState("logAlpha", [Float32Array.of(Math.log(0.2))]);
  for (const batch of program.batches) {
    batch.observation.set(symmetric(BATCH * OBSERVATIONS, 1));
    batch.action.set(symmetric(BATCH * ACTIONS, 2));
    batch.reward.set(symmetric(BATCH, 3));
    batch.nextObservation.set(symmetric(BATCH * OBSERVATIONS, 4));
    batch.terminated.set(hashed(BATCH, 5).map((u) => (u < 0.05 ? 1 : 0)));
    batch.nextNoise.set(symmetric(BATCH * ACTIONS, 6, 1.7));
    batch.noise.set(symmetric(BATCH * ACTIONS, 7, 1.7));
  }
  return program;
}

const states = ["phi", "average", "phi.m", "phi.v", "theta", "theta.m", "theta.v", "target", "logAlpha", "logAlpha.m", "logAlpha.v"] as const;

describe("SAC's update with two hidden layers of 64 and batches of 100", () => {
  // Losses before and α after updates 1, 2, 10 and 50 on the numbers above, by eager PyTorch 2.13 with torch.optim.Adam.
  const pytorch: Record<number, readonly [number, number, number]> = {
    1: [1.361326, -0.688937, 0.19994],
    2: [1.345257, -0.699465, 0.19988],
    10: [1.224307, -0.782015, 0.199401],
    50: [0.765906, -1.192812, 0.197006],
  };

  it("has PyTorch's losses, and follows the interpreter on TensorFlow.js over 50 updates", async () => {
    const fast = await start(onnxExecutor);
    const slow = await start(tfjsExecutor());
    for (let update = 1; update <= UPDATES; update++) {
      const computed = await fast.run({ reward: [] });
      const expected = await slow.run({ reward: [] });
      for (const [name, values] of Object.entries(computed)) {
        expectClose(values, expected[name as keyof typeof expected], { relative: 0, absolute: 1e-4 }, `${name} of update ${update}`);
      }
      if (update in pytorch) {
        const ours = [computed.criticLoss[0], computed.policyLoss[0], Math.exp(fast.state("logAlpha")[0][0])];
        expectClose(ours, pytorch[update], { relative: 0, absolute: 2e-5 }, `update ${update}`);
      }
    }
    for (const name of states) {
      fast.state(name).forEach((chunk, i) => expectClose(chunk, slow.state(name)[i], { relative: 1e-4, absolute: 1e-4 }, name));
    }
    await Promise.all([fast.dispose(), slow.dispose()]);
  });

  it("leaves exactly the same state however many updates one run makes", async () => {
    const snapshots = [];
    for (const updatesPerRun of [1, 2, 5, 10]) {
      const program = await start(onnxExecutor, updatesPerRun);
      for (let update = 0; update < 10; update += updatesPerRun) await program.run({ reward: [] });
      snapshots.push(structuredClone(program.snapshot()));
      await program.dispose();
    }
    for (const snapshot of snapshots.slice(1)) expect(snapshot).toEqual(snapshots[0]);
  });
});
