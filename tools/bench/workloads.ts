import { sacSchema } from "../../agents/sac/config.ts";
import { compileSacUpdate, sacNetworks } from "../../agents/sac/update.ts";
import { environmentReward } from "../../agents/reward-function.ts";
import { adam, momentLayouts } from "../../src/nn/adam.ts";
import type { Executor } from "../../src/nn/executor.ts";
import { gaussianPolicy } from "../../src/nn/gaussian-policy.ts";
import { mlp } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { gradientVector, layoutOf, unpack } from "../../src/nn/vector.ts";
import { createRandom } from "../../src/random/index.ts";

export interface SacWorkloadOptions {
  /** Hidden layer sizes of policy and critics. */
  readonly hidden: readonly number[];
  /** Transitions per update. */
  readonly batch: number;
  readonly updatesPerRun?: number;
  readonly executor?: Executor;
}

/** The SAC update of `agents/sac` for 17 observations and 6 actions: W1 with hidden 64-64, batch 100; W2 with 256-256, 256. */
export async function sacWorkload({ hidden, batch, updatesPerRun = 10, executor }: SacWorkloadOptions) {
  const observationSize = 17;
  const actionSize = 6;
  const config = sacSchema.parse({ hidden: [...hidden], batchSize: batch, updatesPerRun });
  const policy = gaussianPolicy({ observationSize, actionSize, hidden });
  const networks = sacNetworks(policy, observationSize, actionSize, config);
  const program = await compileSacUpdate({
    networks,
    observationSize,
    actionSize,
    reward: environmentReward,
    config,
    totalUpdates: 1_000_000,
    executor,
  });
  const random = createRandom(0);
  const critics = networks.critic.initialize(random.split("critic weights"));
  program.setState("phi", policy.network.initialize(random.split("policy weights")));
  program.setState("theta", critics);
  program.setState("target", critics);
  program.setState("logAlpha", [Float32Array.of(Math.log(config.temperature))]);
  for (const arrays of program.batches) {
    for (const key of ["observation", "nextObservation", "noise", "nextNoise"] as const) random.fillNormal(arrays[key]);
    for (const key of ["action", "reward"] as const) random.fillUniform(arrays[key], -1, 1);
    arrays.terminated.forEach((_, i) => (arrays.terminated[i] = random.uniform() < 0.05 ? 1 : 0));
  }
  return program;
}

/** Weight of the log-variance bounds in the loss of an ensemble (Chua et al. 2018, appendix A.1). */
const BOUND_WEIGHT = 0.01;

/**
 * The loss of one member of a Gaussian ensemble: the mean of (μ − y)²/σ² + log σ², with log σ² softly between learned
 * bounds.
 * @param output μ and raw log σ², [B, 2D]
 * @param y targets, [B, D]
 * @param bounds largest and smallest log σ², [1, D] each
 */
function gaussianLoss(output: Tensor, y: Tensor, bounds: readonly [Tensor, Tensor]): Tensor {
  const [largest, smallest] = bounds;
  const [mu, raw] = op.split(output, 1, [y.shape[1], y.shape[1]]);
  const capped = op.sub(largest, op.softplus(op.sub(largest, raw)));
  const logVariance = op.add(smallest, op.softplus(op.sub(capped, smallest)));
  const error = op.square(op.sub(mu, y));
  return op.mean(op.add(op.mul(error, op.exp(op.neg(logVariance))), logVariance));
}

export interface EnsembleWorkloadOptions {
  readonly updatesPerRun?: number;
  readonly executor?: Executor;
}

/**
 * W3: one Adam update of a world model's 7 Gaussian networks (23 inputs, 18 outputs, 4 hidden layers of 200, SiLU), each
 * on a batch of 256 of its own, and of the common bounds of their log σ².
 */
export async function ensembleWorkload({ updatesPerRun = 10, executor }: EnsembleWorkloadOptions = {}) {
  const [members, batch, inputs, outputs] = [7, 256, 23, 18];
  const model = mlp({
    inputs,
    hidden: [200, 200, 200, 200],
    outputs: 2 * outputs,
    activation: "silu",
    members,
    name: "dynamics",
  });
  const bounds = layoutOf({ largest: [1, outputs], smallest: [1, outputs] });
  const optimizer = adam({ learningRate: 1e-3 });
  const program = await compile(
    {
      name: "ensemble update",
      updatesPerRun,
      state: {
        theta: model.layout,
        ...momentLayouts("theta", model.layout),
        bounds,
        ...momentLayouts("bounds", bounds),
      },
      batch: { input: [members, batch, inputs], target: [members, batch, outputs] },
      optimizers: { adam: optimizer },
      update({ state, batch: { input, target }, optimizer: { adam: coefficients } }) {
        const { largest, smallest } = unpack(state.bounds);
        const output = op.concat(model.apply(state.theta, op.unstack(input)), 0);
        const rows = op.reshape(target, [members * batch, outputs]);
        const nll = op.mul(gaussianLoss(output, rows, [largest, smallest]), members);
        const width = op.sub(op.sum(largest), op.sum(smallest));
        const loss = op.add(nll, op.mul(width, BOUND_WEIGHT));
        const [thetaStep, boundsStep] = (["theta", "bounds"] as const).map((key) =>
          optimizer.step(
            state[key],
            gradientVector(loss, state[key]),
            { first: state[`${key}.m`], second: state[`${key}.v`] },
            coefficients,
          ),
        );
        return {
          state: {
            theta: thetaStep.theta,
            "theta.m": thetaStep.moments.first,
            "theta.v": thetaStep.moments.second,
            bounds: boundsStep.theta,
            "bounds.m": boundsStep.moments.first,
            "bounds.v": boundsStep.moments.second,
          },
          outputs: { loss },
        };
      },
    },
    executor,
  );
  const random = createRandom(0);
  program.setState("theta", model.initialize(random.split("weights")));
  program.setState("bounds", [Float32Array.from({ length: 2 * outputs }, (_, i) => (i < outputs ? 0.5 : -10))]);
  for (const arrays of program.batches) {
    random.fillUniform(arrays.input, -1, 1);
    random.fillUniform(arrays.target, -1, 1);
  }
  return program;
}
