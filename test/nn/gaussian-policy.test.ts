import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { gradient } from "../../src/nn/gradient.ts";
import { gaussianPolicy, type GaussianPolicy } from "../../src/nn/gaussian-policy.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { inputVector, view, type Vector } from "../../src/nn/vector.ts";
import { expectClose, runGraph, uniformValues } from "./graphs.ts";
import { reference } from "./reference.ts";

const symbolic = (policy: GaussianPolicy): Vector => inputVector("phi", policy.network.layout);

/** A policy without hidden layers whose heads are exactly μ and log σ, whatever the observation. */
function fixedPolicy(mu: readonly number[], logStd: readonly number[], bounds: { actionLow?: number[]; actionHigh?: number[] } = {}) {
  const policy = gaussianPolicy({ observationSize: 2, actionSize: mu.length, hidden: [], ...bounds });
  const values = policy.network.layout.chunks.map(({ size }) => new Float32Array(size));
  view(policy.network.layout, values, "0/bias").values.set([...mu, ...logStd]);
  return { policy, phi: symbolic(policy), feed: { "phi#0": values[0] } };
}

/** log π by the change of variables, from float64 μ and log σ: log N(u; μ, σ²) − log(1 − tanh²u), the latter as 2 log cosh u. */
const logDensity = (u: number, mu: number, logStd: number): number =>
  -0.5 * ((u - mu) / Math.exp(logStd)) ** 2 - logStd - 0.5 * Math.log(2 * Math.PI) + 2 * Math.log(Math.cosh(u));

describe("the density of a squashed Gaussian", () => {
  it.each([
    [0, -0.7],
    [0.8, -1.2],
    [-1.5, -0.2],
    [0.3, -3],
  ])("with μ = %f, log σ = %f integrates to 1 over the actions in (−1, 1)", async (mu, logStd) => {
    const { policy, phi, feed } = fixedPolicy([mu], [logStd]);
    const count = 20_001;
    const width = 9 * Math.exp(logStd);
    const u = Float32Array.from({ length: count }, (_, i) => mu + width * ((2 * i) / (count - 1) - 1));
    const logProb = policy.logProb(phi, op.constant(0, [count, 2]), op.input("u", [count, 1]));
    const [values] = await runGraph(onnxExecutor, [logProb], { ...feed, u });
    let mass = 0;
    for (let i = 1; i < count; i++) {
      const rise = Math.tanh(u[i]) - Math.tanh(u[i - 1]);
      mass += 0.5 * (Math.exp(values[i]) + Math.exp(values[i - 1])) * rise;
    }
    expect(mass).toBeCloseTo(1, 4);
  });

  it("in several dimensions is the change of variables, in float64 and on onnxruntime", async () => {
    const policy = gaussianPolicy({ observationSize: 4, actionSize: 3, hidden: [8], activation: "tanh" });
    const phi = symbolic(policy);
    const random = createRandom(1);
    const given = {
      "phi#0": policy.network.initialize(random)[0],
      observation: uniformValues(random, 20, -1, 1),
      u: uniformValues(random, 15, -4, 4),
    };
    const observation = op.input("observation", [5, 4]);
    const logProb = policy.logProb(phi, observation, op.input("u", [5, 3]));
    const [heads] = reference(policy.network.apply(phi, observation), given);
    const expected = Array.from({ length: 5 }, (_, row) =>
      [0, 1, 2].reduce((sum, j) => sum + logDensity(given.u[3 * row + j], heads[6 * row + j], heads[6 * row + 3 + j]), 0),
    );
    expect(logProb.shape).toEqual([5, 1]);
    expectClose(reference([logProb], given)[0], expected, { relative: 1e-12, absolute: 1e-12 });
    expectClose((await runGraph(onnxExecutor, [logProb], given))[0], expected, { relative: 1e-5, absolute: 1e-4 });
  });

  it("stays finite and exact where tanh has saturated, and so does its gradient", async () => {
    const { policy, phi, feed } = fixedPolicy([0.5], [0]);
    const points = [-60, -20, -9, 9, 20, 60];
    const u = op.input("u", [points.length, 1]);
    const logProb = policy.logProb(phi, op.constant(0, [points.length, 2]), u);
    const [values, slopes] = await runGraph(onnxExecutor, [logProb, ...gradient(op.sum(logProb), [u])], { ...feed, u: points });
    expectClose(values, points.map((point) => logDensity(point, 0.5, 0)), { relative: 1e-6 });
    // d/du [ −(u − μ)²/2σ² + 2 log cosh u ]
    expectClose(slopes, points.map((point) => -(point - 0.5) + 2 * Math.tanh(point)), { relative: 1e-6 });
  });

  it("bounds log σ to [−20, 2]", () => {
    const wide = fixedPolicy([0], [40]);
    const narrow = fixedPolicy([0], [-40]);
    for (const [{ policy, phi, feed }, logStd] of [[wide, 2], [narrow, -20]] as const) {
      const observation = op.constant(0, [1, 2]);
      const { logProb } = policy.sample(phi, observation, op.constant(1, [1, 1]));
      expect(reference([logProb], feed)[0][0]).toBeCloseTo(logDensity(Math.exp(logStd), 0, logStd), 9);
    }
  });
});

describe("actions", () => {
  const observation = op.constant(0, [2, 2]);

  it("are tanh(μ + σ·ε), with the density of that u", async () => {
    const { policy, phi, feed } = fixedPolicy([0.4, -1], [-0.5, 0.2]);
    const noise = [0.3, -1.2, 2, 0];
    const { action, logProb } = policy.sample(phi, observation, op.input("noise", [2, 2]));
    const u = noise.map((value, i) => [0.4, -1][i % 2] + Math.exp([-0.5, 0.2][i % 2]) * value);
    const given = policy.logProb(phi, observation, op.input("u", [2, 2]));
    const [actions, sampled, scored] = await runGraph(onnxExecutor, [action, logProb, given], { ...feed, noise, u });
    expectClose(actions, u.map(Math.tanh));
    expectClose(sampled, [0, 2].map((i) => logDensity(u[i], 0.4, -0.5) + logDensity(u[i + 1], -1, 0.2)));
    expectClose(scored, sampled);
  });

  it("without noise are the mean", async () => {
    const policy = gaussianPolicy({ observationSize: 3, actionSize: 2, hidden: [16, 16], actionLow: [-2, 0], actionHigh: [2, 5] });
    const phi = symbolic(policy);
    const random = createRandom(2);
    const x = op.input("observation", [7, 3]);
    const outputs = [policy.mean(phi, x), policy.sample(phi, x, op.constant(0, [7, 2])).action];
    const given = { "phi#0": policy.network.initialize(random)[0], observation: uniformValues(random, 21, -1, 1) };
    const [mean, quiet] = await runGraph(onnxExecutor, outputs, given);
    expect([...quiet]).toEqual([...mean]);
  });

  it("fill the bounds, and keep the density of tanh(u) whatever the bounds are", async () => {
    const bounds = { actionLow: [-0.4, 1], actionHigh: [0.4, 4] };
    const stretched = fixedPolicy([0.4, -1], [-0.5, 0.2], bounds);
    const plain = fixedPolicy([0.4, -1], [-0.5, 0.2]);
    const noise = op.constant([0.3, -1.2, 90, -90], [2, 2]);
    const [action, logProb] = await runGraph(onnxExecutor, Object.values(stretched.policy.sample(stretched.phi, observation, noise)), stretched.feed);
    const [unit, expected] = await runGraph(onnxExecutor, Object.values(plain.policy.sample(plain.phi, observation, noise)), plain.feed);
    expectClose(action, [0.4 * unit[0], 2.5 + 1.5 * unit[1], 0.4, 1]);
    expect([...logProb]).toEqual([...expected]);
  });

  it("of the actor, in plain numbers, are those of the graph", async () => {
    const policy = gaussianPolicy({ observationSize: 3, actionSize: 2, hidden: [16, 8], activation: "silu", actionLow: [-2, 0], actionHigh: [2, 5] });
    const phi = symbolic(policy);
    const random = createRandom(3);
    const values = policy.network.initialize(random);
    // log σ of both signs and beyond its bound
    view(policy.network.layout, values, "2/bias").values.set([0, 0, 1, 30]);
    const given = { "phi#0": values[0], observation: uniformValues(random, 15, -1, 1), noise: uniformValues(random, 10, -1, 1) };
    const x = op.input("observation", [5, 3]);
    const [sampled, mean] = await runGraph(onnxExecutor, [policy.sample(phi, x, op.input("noise", [5, 2])).action, policy.mean(phi, x)], given);
    const act = policy.actor(() => values);
    const action = new Float64Array(2);
    for (let row = 0; row < 5; row++) {
      const observed = given.observation.subarray(3 * row, 3 * row + 3);
      act(observed, given.noise.subarray(2 * row, 2 * row + 2), action);
      expectClose(action, sampled.subarray(2 * row, 2 * row + 2), { relative: 1e-5, absolute: 1e-5 });
      act(observed, undefined, action);
      expectClose(action, mean.subarray(2 * row, 2 * row + 2), { relative: 1e-5, absolute: 1e-5 });
    }
  });

  it("come with their density in the units of the actions where it is asked for", () => {
    const bounds = { actionLow: [-1, -0.4], actionHigh: [3, 0.4] };
    const { policy, feed } = fixedPolicy([0.4, -1], [-0.5, 0.2], bounds);
    const [act, sample] = [policy.actor(() => [feed["phi#0"]]), policy.sampler(() => [feed["phi#0"]])];
    for (const noise of [[0.3, -1.2], [2, 0], [-60, 40]]) {
      const [expected, action] = [new Float32Array(2), new Float32Array(2)];
      act([0, 0], noise, expected);
      const u = noise.map((value, j) => Math.fround([0.4, -1][j]) + Math.exp(Math.fround([-0.5, 0.2][j])) * value);
      // stretching by (high − low)/2 thins a density out by as much
      const density = logDensity(u[0], 0.4, -0.5) + logDensity(u[1], -1, 0.2) - Math.log(2) - Math.log(0.4);
      expectClose([sample([0, 0], noise, action)], [density], { relative: 1e-6 });
      expect(action).toEqual(expected);
    }
  });
});
