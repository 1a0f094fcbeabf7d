import { adam, momentLayouts } from "../../src/nn/adam.ts";
import type { Executor } from "../../src/nn/executor.ts";
import { arrayName } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { gradientVector, unpack, type Vector } from "../../src/nn/vector.ts";
import type { WorldModelConfig } from "./config.ts";
import { ensemble, targetSize, type WorldModelArchitecture } from "./ensemble.ts";
import { betaLikelihood, boundsPenalty, negativeLogLikelihood } from "./losses.ts";

/** λ of every layer. */
export function layerDecays({ weightDecay, hidden }: Pick<WorldModelConfig, "weightDecay" | "hidden">): number[] {
  const layers = hidden.length + 1;
  return weightDecay.length === 1 ? Array<number>(layers).fill(weightDecay[0]) : [...weightDecay];
}

/** ½ Σ λ‖W‖² over the layers of all members. */
function decayLoss(theta: Vector, members: number, decays: readonly number[]): Tensor | undefined {
  const arrays = unpack(theta);
  const terms = decays.flatMap((decay, layer) =>
    decay === 0
      ? []
      : Array.from({ length: members }, (_, member) =>
          op.mul(op.sum(op.square(arrays[arrayName(members, member, layer, "weight")])), decay / 2),
        ),
  );
  return terms.length === 0 ? undefined : terms.reduce((a, b) => op.add(a, b));
}

export interface EnsembleUpdateOptions {
  readonly architecture: WorldModelArchitecture;
  readonly config: Pick<WorldModelConfig, "batchSize" | "learningRate" | "finalLearningRateFraction" | "weightDecay" | "beta" | "steps">;
  readonly updatesPerRun?: number;
  readonly executor?: Executor;
}

/**
 * One Adam update of all members and of their log-variance bounds: each member's loss is the mean over its own minibatch,
 * the ensemble's their sum.
 */
export function compileEnsembleUpdate({ architecture, config, updatesPerRun = 10, executor }: EnsembleUpdateOptions) {
  const { network, bounds, predict } = ensemble(architecture);
  const { members, observationSize, actionSize, hidden } = architecture;
  const outputs = targetSize(architecture);
  const { learningRate, finalLearningRateFraction: final, steps } = config;
  const decays = layerDecays({ ...config, hidden: [...hidden] });
  const optimizer = adam({ learningRate: (update) => learningRate * (1 - (1 - final) * Math.min(1, update / steps)) });
  return compile(
    {
      name: "world model update",
      updatesPerRun,
      state: {
        theta: network.layout,
        ...momentLayouts("theta", network.layout),
        bounds,
        ...momentLayouts("bounds", bounds),
      },
      // standardised, one minibatch per member
      batch: {
        input: [members, config.batchSize, observationSize + actionSize],
        target: [members, config.batchSize, outputs],
      },
      optimizers: { adam: optimizer },
      update({ state, batch, optimizer: { adam: coefficients } }) {
        const { largest, smallest } = unpack(state.bounds);
        const gaussians = predict(state.theta, state.bounds, op.unstack(batch.input));
        const rows = op.reshape(batch.target, [members * config.batchSize, outputs]);
        // one loss over all rows: fewer nodes than one per member, and the same number
        const all = {
          mean: op.concat(gaussians.map(({ mean }) => mean), 0),
          logVariance: op.concat(gaussians.map(({ logVariance }) => logVariance), 0),
        };
        const nll = negativeLogLikelihood(all, rows);
        const decay = decayLoss(state.theta, members, decays);
        const learned = betaLikelihood(all, rows, config.beta);
        const likelihood = op.add(op.mul(learned, members), boundsPenalty(largest, smallest));
        const loss = decay === undefined ? likelihood : op.add(likelihood, decay);
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
          outputs: { loss: nll },
        };
      },
    },
    executor,
  );
}
