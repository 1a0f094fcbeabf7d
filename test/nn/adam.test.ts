import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { adam, momentLayouts, type AdamOptions } from "../../src/nn/adam.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import { gradientVector, layoutOf, unpack } from "../../src/nn/vector.ts";
import { expectClose, uniformValues } from "./graphs.ts";

const SIZE = 12;
const STEPS = 100;

/** The noisy quadratic that both optimisers descend: ∇L = curvature·θ + noise_t. */
const random = createRandom(11);
const curvature = uniformValues(random, SIZE, 0.1, 3);
const start = uniformValues(random, SIZE, -1, 1);
const noise = Array.from({ length: STEPS }, () => uniformValues(random, SIZE, -0.3, 0.3));

interface Settings {
  readonly rate: (update: number) => number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly l2?: number;
  readonly weightDecay?: number;
}

/**
 * Algorithm 1 of Kingma and Ba (2015), with λθ added to the gradient (L2) or η·λ·θ subtracted from θ (algorithm 2 of
 * Loshchilov and Hutter 2019, with the step size in the decay as in PyTorch), in float64.
 */
function adamOfThePapers({ rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, l2 = 0, weightDecay = 0 }: Settings): Float64Array {
  const theta = Float64Array.from(start);
  const m = new Float64Array(SIZE);
  const v = new Float64Array(SIZE);
  for (let t = 1; t <= STEPS; t++) {
    const eta = rate(t - 1);
    for (let i = 0; i < SIZE; i++) {
      const g = curvature[i] * theta[i] + noise[t - 1][i] + l2 * theta[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const mHat = m[i] / (1 - beta1 ** t);
      const vHat = v[i] / (1 - beta2 ** t);
      theta[i] -= (eta * mHat) / (Math.sqrt(vHat) + epsilon) + eta * weightDecay * theta[i];
    }
  }
  return theta;
}

async function adamOfTheEngine(options: AdamOptions, updatesPerRun = 1): Promise<Float32Array> {
  // a matrix and a vector, so that the optimiser works on a vector of several arrays
  const layout = layoutOf({ matrix: [2, 4], vector: [4] });
  const optimizer = adam(options);
  const program = await compile({
    name: "descent",
    updatesPerRun,
    state: { theta: layout, ...momentLayouts("theta", layout) },
    batch: { noise: [SIZE] },
    optimizers: { optimizer },
    update({ state, batch, optimizer: coefficients }) {
      const { matrix, vector } = unpack(state.theta);
      const parts = [op.reshape(matrix, [8]), vector];
      const terms = parts.map((part, i) => {
        const [from, to] = i === 0 ? [0, 8] : [8, 12];
        const bowl = op.mul(op.constant(curvature.slice(from, to), part.shape), op.mul(op.square(part), 0.5));
        return op.sum(op.add(bowl, op.mul(op.slice(batch.noise, 0, from, to), part)));
      });
      const loss = op.add(terms[0], terms[1]);
      const step = optimizer.step(
        state.theta,
        gradientVector(loss, state.theta),
        { first: state["theta.m"], second: state["theta.v"] },
        coefficients.optimizer,
      );
      return { state: { theta: step.theta, "theta.m": step.moments.first, "theta.v": step.moments.second }, outputs: { loss } };
    },
  });
  program.setState("theta", [start]);
  for (let t = 0; t < STEPS; t += updatesPerRun) {
    program.batches.forEach((batch, k) => {
      batch.noise.set(noise[t + k]);
    });
    await program.run();
  }
  expect(program.updates).toBe(STEPS);
  const theta = program.state("theta")[0].slice();
  await program.dispose();
  return theta;
}

describe("Adam follows the papers over 100 steps", () => {
  const falling = (update: number): number => 0.05 * (1 - update / STEPS);
  it.each<[string, AdamOptions, Settings, number]>([
    ["plain", { learningRate: 0.01 }, { rate: () => 0.01 }, 1],
    ["other moments", { learningRate: 0.02, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }, { rate: () => 0.02, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }, 1],
    ["without momentum", { learningRate: 0.01, beta1: 0 }, { rate: () => 0.01, beta1: 0 }, 1],
    ["L2 penalty", { learningRate: 0.01, l2: 0.7 }, { rate: () => 0.01, l2: 0.7 }, 1],
    ["decoupled weight decay", { learningRate: 0.01, weightDecay: 0.7 }, { rate: () => 0.01, weightDecay: 0.7 }, 1],
    ["falling step size", { learningRate: falling }, { rate: falling }, 1],
    ["falling step size, decay, 5 updates in a run", { learningRate: falling, weightDecay: 0.3 }, { rate: falling, weightDecay: 0.3 }, 5],
  ])("%s", async (_, options, settings, updatesPerRun) => {
    const expected = adamOfThePapers(settings);
    // the trajectories must be far from where they began for the comparison to say something
    expect(expected.some((value, i) => Math.abs(value - start[i]) > 0.3)).toBe(true);
    expectClose(await adamOfTheEngine(options, updatesPerRun), expected, { relative: 2e-5, absolute: 2e-6 });
  });

  it("the first step is one step size long, whatever the gradient's size", async () => {
    const layout = layoutOf({ theta: [3] });
    const optimizer = adam({ learningRate: 0.1 });
    const program = await compile({
      name: "one step",
      state: { theta: layout, ...momentLayouts("theta", layout) },
      batch: { slope: [1, 3] },
      optimizers: { optimizer },
      update({ state, batch, optimizer: coefficients }) {
        const gradient = { layout, chunks: [batch.slope] };
        const step = optimizer.step(state.theta, gradient, { first: state["theta.m"], second: state["theta.v"] }, coefficients.optimizer);
        return { state: { theta: step.theta, "theta.m": step.moments.first, "theta.v": step.moments.second }, outputs: {} };
      },
    });
    program.batches[0].slope.set([1e-3, -40, 3e6]);
    await program.run();
    expectClose(program.state("theta")[0], [-0.1, 0.1, -0.1], { relative: 2e-5 });
    await program.dispose();
  });

  it("a step size of 0 leaves the parameters alone", async () => {
    const theta = await adamOfTheEngine({ learningRate: () => 0 });
    expect([...theta]).toEqual([...start]);
  });
});
