import { describe, expect, it } from "vitest";
import { environmentReward, type RewardFunction } from "../../../agents/reward-function.ts";
import { sacSchema } from "../../../agents/sac/config.ts";
import { compileSacUpdate, sacNetworks } from "../../../agents/sac/update.ts";
import { gaussianPolicy } from "../../../src/nn/gaussian-policy.ts";
import * as op from "../../../src/nn/operations.ts";
import type { Layout } from "../../../src/nn/vector.ts";
import { createRandom } from "../../../src/random/index.ts";
import { centralDifferences } from "../../nn/reference.ts";
import { expectClose, uniformValues } from "../../nn/graphs.ts";
import { plainNetwork } from "../plain-network.ts";
import type { Weights } from "../../../agents/trainer.ts";

const observationSize = 2;
const actionSize = 1;
const rate = 1e-3;
const ABSORBING_REWARD = -0.3;

const config = sacSchema.parse({
  hidden: [3],
  activation: "tanh",
  batchSize: 3,
  policyLearningRate: rate,
  criticLearningRate: rate,
  temperatureLearningRate: rate,
  finalLearningRateFraction: 1,
  gamma: 0.9,
  polyak: 0.75,
  automaticTemperature: true,
  temperature: 0.3,
  targetEntropy: -0.5,
  updatesPerRun: 1,
});

const absorbingReward: RewardFunction = {
  ...environmentReward,
  absorbing: () => op.constant(ABSORBING_REWARD, [1, 1]),
};

const batch = {
  observation: [0.5, -1, 1.5, 0.25, -0.75, 2],
  action: [0.5, -0.25, 0.9],
  reward: [1, -2, 0.5],
  nextObservation: [0.25, -0.5, 1, 1, -1, 1.5],
  terminated: [0, 1, 0],
  noise: [0.3, -1.2, 0.7],
  nextNoise: [-0.4, 0.9, 1.6],
};

/** A small parameter vector's named arrays, those of one member without its prefix. */
function arraysOf(layout: Layout, flat: ArrayLike<number>, prefix = ""): Weights {
  return Object.fromEntries(
    layout.chunks[0].entries
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, shape, offset }) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = Float64Array.from({ length: size }, (_, i) => flat[offset + i]);
        return [name.slice(prefix.length), { shape, values }];
      }),
  );
}

/** SAC as its paper has it, one number at a time in float64. */
function plainSac(policyLayout: Layout, criticLayout: Layout, absorbing: boolean) {
  const rows = [0, 1, 2];
  const state = (name: "observation" | "nextObservation", i: number): number[] => batch[name].slice(2 * i, 2 * i + 2);
  const sample = (phi: ArrayLike<number>, s: number[], noise: number): { action: number; logProb: number } => {
    const [mean, logStd] = plainNetwork(arraysOf(policyLayout, phi), "tanh", s);
    const action = Math.tanh(mean + Math.exp(logStd) * noise);
    const gaussian = -(noise ** 2) / 2 - logStd - Math.log(2 * Math.PI) / 2;
    return { action, logProb: gaussian - Math.log(1 - action ** 2) };
  };
  const critics = (theta: ArrayLike<number>, s: number[], action: number): number[] =>
    [0, 1].map((member) => plainNetwork(arraysOf(criticLayout, theta, `member${member}/`), "tanh", [...s, action])[0]);
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

  const targets = (phi: ArrayLike<number>, target: ArrayLike<number>, alpha: number): number[] =>
    rows.map((i) => {
      if (batch.terminated[i] === 1) {
        // r(absorbing) for ever: γ·r + γ²·r + …
        let rest = 0;
        if (absorbing) for (let k = 1; k < 1000; k++) rest += config.gamma ** k * ABSORBING_REWARD;
        return batch.reward[i] + rest;
      }
      const { action, logProb } = sample(phi, state("nextObservation", i), batch.nextNoise[i]);
      const q = Math.min(...critics(target, state("nextObservation", i), action));
      return batch.reward[i] + config.gamma * (q - alpha * logProb);
    });
  return {
    targets,
    criticLoss: (theta: ArrayLike<number>, y: number[]): number =>
      [0, 1].reduce(
        (sum, member) =>
          sum + mean(rows.map((i) => (critics(theta, state("observation", i), batch.action[i])[member] - y[i]) ** 2)),
        0,
      ),
    policyLoss: (phi: ArrayLike<number>, theta: ArrayLike<number>, alpha: number): number =>
      mean(
        rows.map((i) => {
          const { action, logProb } = sample(phi, state("observation", i), batch.noise[i]);
          return alpha * logProb - Math.min(...critics(theta, state("observation", i), action));
        }),
      ),
    entropy: (phi: ArrayLike<number>): number =>
      -mean(rows.map((i) => sample(phi, state("observation", i), batch.noise[i]).logProb)),
    qMean: (theta: ArrayLike<number>): number =>
      mean(rows.map((i) => critics(theta, state("observation", i), batch.action[i])[0])),
  };
}

async function prepare(reward: RewardFunction, changes: Partial<typeof config> = {}) {
  const used = { ...config, ...changes };
  const networks = sacNetworks(
    gaussianPolicy({ observationSize, actionSize, hidden: used.hidden, activation: used.activation }),
    observationSize,
    actionSize,
    used,
  );
  const program = await compileSacUpdate({ networks, observationSize, actionSize, reward, config: used, totalUpdates: 10 });
  const random = createRandom(5);
  const draw = (name: string, layout: Layout): Float32Array => uniformValues(random.split(name), layout.chunks[0].size, -1, 1);
  const before = {
    phi: draw("phi", networks.policy.network.layout),
    theta: draw("theta", networks.critic.layout),
    target: draw("target", networks.critic.layout),
    logAlpha: Float32Array.of(Math.log(used.temperature)),
  };
  for (const [name, values] of Object.entries(before)) program.setState(name as keyof typeof before, [values]);
  for (const [name, values] of Object.entries(batch)) program.batches[0][name as keyof typeof batch].set(values);
  return { networks, program, before };
}

/** The step that Adam makes first: the gradient's sign times the step size. */
const firstStep = (from: ArrayLike<number>, gradient: ArrayLike<number>): number[] =>
  Array.from({ length: from.length }, (_, i) => from[i] - (rate * gradient[i]) / (Math.abs(gradient[i]) + 1e-8));

describe.each([
  { name: "nothing after a termination", reward: environmentReward, changes: {} },
  { name: "an absorbing state after a termination", reward: absorbingReward, changes: {} },
  { name: "layer normalisation in the critics", reward: environmentReward, changes: { criticLayerNorm: true } },
])("a SAC update with $name", ({ reward, changes }) => {
  it("makes the steps of the plain algorithm", async () => {
    const { networks, program, before } = await prepare(reward, changes);
    const plain = plainSac(networks.policy.network.layout, networks.critic.layout, reward.absorbing !== undefined);
    const alpha = config.temperature;
    const y = plain.targets(before.phi, before.target, alpha);
    const { criticLoss, policyLoss, entropy, temperature, qMean, rewardMean } = await program.run({ reward: [] });
    const after = program.snapshot().arrays;
    const gradient = (f: (x: ArrayLike<number>) => number, at: ArrayLike<number>): Float64Array =>
      centralDifferences(({ x }) => f(x), { x: at }, ["x"])[0];

    expectClose(criticLoss, [plain.criticLoss(before.theta, y)]);
    const dTheta = gradient((theta) => plain.criticLoss(theta, y), before.theta);
    // the first moment after one update is the gradient itself
    expectClose(after["theta.m#0"], dTheta, { relative: 1e-4, absolute: 1e-5 }, "∂J_Q/∂θ");
    expectClose(after["theta#0"], firstStep(before.theta, dTheta), { absolute: 1e-6 }, "θ");

    // the policy sees the critics after their step
    expectClose(policyLoss, [plain.policyLoss(before.phi, after["theta#0"], alpha)]);
    const dPhi = gradient((phi) => plain.policyLoss(phi, after["theta#0"], alpha), before.phi);
    expectClose(after["phi.m#0"], dPhi, { relative: 1e-4, absolute: 1e-5 }, "∂J_π/∂φ");
    expectClose(after["phi#0"], firstStep(before.phi, dPhi), { absolute: 1e-6 }, "φ");

    expectClose(entropy, [plain.entropy(before.phi)]);
    expectClose(temperature, [alpha]);
    const dLogAlpha = plain.entropy(before.phi) - (config.targetEntropy ?? NaN);
    expectClose(after["logAlpha.m#0"], [dLogAlpha]);
    expectClose(after["logAlpha#0"], [Math.log(alpha) - rate * Math.sign(dLogAlpha)]);

    const averaged = Array.from(before.target, (value, i) => 0.75 * value + 0.25 * after["theta#0"][i]);
    expectClose(after["target#0"], averaged, {}, "θ̄");
    expectClose(qMean, [plain.qMean(before.theta)]);
    expectClose(rewardMean, [(1 - 2 + 0.5) / 3]);
    await program.dispose();
  });
});

describe("a SAC update", () => {
  it("leaves a fixed temperature as it is", async () => {
    const { program, before } = await prepare(environmentReward, { automaticTemperature: false });
    await program.run({ reward: [] });
    expect([...program.state("logAlpha")[0]]).toEqual([...before.logAlpha]);
    expect([...program.state("phi")[0]]).not.toEqual([...before.phi]);
    await program.dispose();
  });

  it("averages the policy over its updates", async () => {
    const share = 0.75;
    const { program, before } = await prepare(environmentReward, { policyAveraging: share });
    program.setState("average", [before.phi]);
    let average = Array.from(before.phi);
    for (let update = 0; update < 5; update++) {
      await program.run({ reward: [] });
      const [phi] = program.state("phi");
      average = average.map((value, i) => share * value + (1 - share) * phi[i]);
    }
    expectClose(program.state("average")[0], average, { absolute: 1e-6 });
    expect([...program.state("phi")[0]]).not.toEqual([...program.state("average")[0]]);
    await program.dispose();
  });

  it("takes the policy itself for its average where nothing is to be averaged", async () => {
    const { program } = await prepare(environmentReward);
    await program.run({ reward: [] });
    expect([...program.state("average")[0]]).toEqual([...program.state("phi")[0]]);
    await program.dispose();
  });

  it("lowers the step sizes of policy and critics linearly to their final fraction", async () => {
    const { program, before } = await prepare(environmentReward, { finalLearningRateFraction: 0.5 });
    // after 5 of 10 updates the step size is ¾ of the first; with moments at zero a step is as long as the step size
    program.restore({ arrays: program.snapshot().arrays, values: { updates: 5 } });
    await program.run({ reward: [] });
    const unbiased = (1 - 0.9 ** 6) / (1 - 0.9) / Math.sqrt((1 - 0.999 ** 6) / (1 - 0.999));
    const moved = Array.from(program.state("theta")[0], (value, i) => Math.abs(value - before.theta[i]));
    const largest = Math.max(...moved);
    expect(largest * unbiased).toBeGreaterThan(0.749 * rate);
    expect(largest * unbiased).toBeLessThan(0.751 * rate);
    await program.dispose();
  });
});
