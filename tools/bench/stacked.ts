import { criticLoss, policyLoss, smaller, softTarget, temperatureLoss } from "../../agents/sac/losses.ts";
import { adam, momentLayouts } from "../../src/nn/adam.ts";
import type { Executor } from "../../src/nn/executor.ts";
import { mlp } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { gradientVector, layoutOf, polyak } from "../../src/nn/vector.ts";
import { createRandom } from "../../src/random/index.ts";

export interface StackedWorkloadOptions {
  readonly seeds: number;
  readonly hidden: readonly number[];
  /** Transitions per update and seed. */
  readonly batch: number;
  readonly updatesPerRun: number;
  readonly executor?: Executor;
}

const [OBSERVATION, ACTION] = [17, 6];
const LOG_2_PI = Math.log(2 * Math.PI);

/**
 * The SAC update of W1 for several seeds in one graph: their networks are one stack, so that products are each member's own,
 * while everything element by element, Adam above all, is done for all seeds at once. Rows of the batch are seed by seed.
 */
export async function stackedWorkload({ seeds, hidden, batch: rows, updatesPerRun, executor }: StackedWorkloadOptions) {
  const range = Array.from({ length: seeds }, (_, i) => i);
  const policy = mlp({ inputs: OBSERVATION, hidden, outputs: 2 * ACTION, members: seeds, name: "policy" });
  const critic = mlp({ inputs: OBSERVATION + ACTION, hidden, outputs: 1, members: 2 * seeds, name: "critic" });
  const temperature = layoutOf({ logAlpha: [seeds] });
  const optimizers = {
    policy: adam({ learningRate: 3e-4 }),
    critic: adam({ learningRate: 3e-4 }),
    temperature: adam({ learningRate: 3e-4 }),
  };
  const bySeed = (x: Tensor): Tensor[] => op.split(x, 0, range.map(() => rows));
  const q = (theta: Parameters<typeof critic.apply>[0], s: Tensor, a: Tensor): Tensor[][] => {
    const inputs = bySeed(op.concat([s, a], 1));
    const values = critic.apply(theta, inputs.flatMap((x) => [x, x]));
    return range.map((i) => values.slice(2 * i, 2 * i + 2));
  };
  const sample = (phi: Parameters<typeof policy.apply>[0], s: Tensor, noise: Tensor): { action: Tensor; logProbs: Tensor[] } => {
    const [mu, raw] = op.split(op.concat(policy.apply(phi, bySeed(s)), 0), 1, [ACTION, ACTION]);
    const logStd = op.clip(raw, -20, 2);
    const u = op.add(mu, op.mul(op.exp(logStd), noise));
    const rowSum = (x: Tensor): Tensor => op.sumKeep(x, [1]);
    const gaussian = op.add(op.mul(rowSum(op.square(noise)), 0.5), rowSum(logStd));
    const logProb = op.sub(op.sub(op.mul(rowSum(op.logCosh(u)), 2), gaussian), op.constant((ACTION * LOG_2_PI) / 2, [1, 1]));
    return { action: op.tanh(u), logProbs: bySeed(logProb) };
  };
  const total = (parts: readonly Tensor[]): Tensor => parts.reduce((a, b) => op.add(a, b));
  const program = await compile(
    {
      name: "stacked SAC update",
      updatesPerRun,
      state: {
        phi: policy.layout,
        ...momentLayouts("phi", policy.layout),
        theta: critic.layout,
        ...momentLayouts("theta", critic.layout),
        target: critic.layout,
        logAlpha: temperature,
        ...momentLayouts("logAlpha", temperature),
      },
      batch: {
        observation: [seeds * rows, OBSERVATION],
        action: [seeds * rows, ACTION],
        reward: [seeds * rows, 1],
        nextObservation: [seeds * rows, OBSERVATION],
        terminated: [seeds * rows, 1],
        noise: [seeds * rows, ACTION],
        nextNoise: [seeds * rows, ACTION],
      },
      optimizers,
      update({ state, batch, optimizer }) {
        const { observation: s, action: a, nextObservation: s2, terminated: d } = batch;
        const logAlphas = op.split(state.logAlpha.chunks[0], 1, range.map(() => 1));
        const alphas = logAlphas.map((logAlpha) => op.exp(logAlpha));
        const next = sample(state.phi, s2, batch.nextNoise);
        const [rewards, discounts] = [bySeed(batch.reward), bySeed(op.mul(op.sub(1, d), 0.99))];
        const targets = q(state.target, s2, next.action);
        const y = range.map((i) => softTarget(rewards[i], discounts[i], smaller(targets[i]), next.logProbs[i], alphas[i]));
        const values = q(state.theta, s, a);
        const J_Q = total(range.map((i) => criticLoss(values[i], y[i])));
        const thetaStep = optimizers.critic.step(state.theta, gradientVector(J_Q, state.theta), { first: state["theta.m"], second: state["theta.v"] }, optimizer.critic);
        const current = sample(state.phi, s, batch.noise);
        const improved = q(thetaStep.theta, s, current.action);
        const J_pi = total(range.map((i) => policyLoss(smaller(improved[i]), current.logProbs[i], alphas[i])));
        const phiStep = optimizers.policy.step(state.phi, gradientVector(J_pi, state.phi), { first: state["phi.m"], second: state["phi.v"] }, optimizer.policy);
        const J_alpha = total(range.map((i) => temperatureLoss(logAlphas[i], current.logProbs[i], -ACTION)));
        const alphaStep = optimizers.temperature.step(
          state.logAlpha,
          gradientVector(J_alpha, state.logAlpha),
          { first: state["logAlpha.m"], second: state["logAlpha.v"] },
          optimizer.temperature,
        );
        return {
          state: {
            phi: phiStep.theta,
            "phi.m": phiStep.moments.first,
            "phi.v": phiStep.moments.second,
            theta: thetaStep.theta,
            "theta.m": thetaStep.moments.first,
            "theta.v": thetaStep.moments.second,
            target: polyak(state.target, thetaStep.theta, 0.995),
            logAlpha: alphaStep.theta,
            "logAlpha.m": alphaStep.moments.first,
            "logAlpha.v": alphaStep.moments.second,
          },
          outputs: { criticLoss: J_Q, policyLoss: J_pi },
        };
      },
    },
    executor,
  );
  const random = createRandom(0);
  const critics = critic.initialize(random.split("critic weights"));
  program.setState("phi", policy.initialize(random.split("policy weights")));
  program.setState("theta", critics);
  program.setState("target", critics);
  program.setState("logAlpha", [new Float32Array(seeds).fill(Math.log(0.2))]);
  for (const arrays of program.batches) {
    for (const key of ["observation", "nextObservation", "noise", "nextNoise"] as const) random.fillNormal(arrays[key]);
    for (const key of ["action", "reward"] as const) random.fillUniform(arrays[key], -1, 1);
    arrays.terminated.forEach((_, i) => (arrays.terminated[i] = random.uniform() < 0.05 ? 1 : 0));
  }
  return program;
}
