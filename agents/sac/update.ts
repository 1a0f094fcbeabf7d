import { adam, momentLayouts, type Adam } from "../../src/nn/adam.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { GaussianPolicy } from "../../src/nn/gaussian-policy.ts";
import { mlp, type Mlp } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { gradientVector, layoutOf, polyak, type Layout, type Vector } from "../../src/nn/vector.ts";
import type { RewardFunction } from "../reward-function.ts";
import type { SacConfig } from "./config.ts";
import { criticLoss, policyLoss, smaller, softTarget, temperatureLoss } from "./losses.ts";

/** The networks of SAC: policy φ (and its average over updates), twin critics θ (and their targets), and log α. */
export interface SacNetworks {
  readonly policy: GaussianPolicy;
  readonly critic: Mlp;
  readonly temperature: Layout;
}

export interface CriticArchitecture extends Pick<SacConfig, "activation" | "criticLayerNorm"> {
  readonly hidden: readonly number[];
}

/** The twin critics Q(s,a). */
export const criticNetwork = (
  observationSize: number,
  actionSize: number,
  { hidden, activation, criticLayerNorm: layerNorm }: CriticArchitecture,
): Mlp => mlp({ inputs: observationSize + actionSize, hidden, outputs: 1, activation, layerNorm, members: 2, name: "critic" });

export const sacNetworks = (
  policy: GaussianPolicy,
  observationSize: number,
  actionSize: number,
  config: CriticArchitecture,
): SacNetworks => ({
  policy,
  critic: criticNetwork(observationSize, actionSize, config),
  temperature: layoutOf({ logAlpha: [1] }),
});

export interface SacUpdateOptions {
  readonly networks: SacNetworks;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly reward: RewardFunction;
  readonly config: SacConfig;
  /** Updates of the whole run, over which step sizes may fall. */
  readonly totalUpdates: number;
  readonly executor?: Executor;
}

/** Step sizes that fall linearly from `initial` to a fraction of it. */
const decaying = (initial: number, fraction: number, total: number) => (update: number) =>
  initial * (1 - (1 - fraction) * Math.min(1, update / total));

/**
 * One SAC update (Haarnoja et al. 2018, algorithm 1): critics, policy, temperature and target critics, in this order. The
 * policy's gradient uses the critics after their step, the temperature of before its own.
 */
export function compileSacUpdate({ networks, observationSize, actionSize, reward, config, totalUpdates, executor }: SacUpdateOptions) {
  const { policy, critic, temperature } = networks;
  const { batchSize, gamma, automaticTemperature } = config;
  const targetEntropy = config.targetEntropy ?? -actionSize;
  const schedule = (rate: number): Adam =>
    adam({ learningRate: decaying(rate, config.finalLearningRateFraction, totalUpdates) });
  const optimizers = {
    policy: schedule(config.policyLearningRate),
    critic: schedule(config.criticLearningRate),
    temperature: adam({ learningRate: config.temperatureLearningRate }),
  };
  const q = (theta: Vector, s: Tensor, a: Tensor): Tensor[] => critic.apply(theta, op.concat([s, a], 1));

  return compile(
    {
      name: "SAC update",
      updatesPerRun: config.updatesPerRun,
      state: {
        phi: policy.network.layout,
        ...momentLayouts("phi", policy.network.layout),
        theta: critic.layout,
        ...momentLayouts("theta", critic.layout),
        target: critic.layout,
        logAlpha: temperature,
        ...momentLayouts("logAlpha", temperature),
        average: policy.network.layout,
      },
      context: { reward: reward.layout },
      batch: {
        observation: [batchSize, observationSize],
        action: [batchSize, actionSize],
        reward: [batchSize, 1],
        nextObservation: [batchSize, observationSize],
        terminated: [batchSize, 1],
        noise: [batchSize, actionSize],
        nextNoise: [batchSize, actionSize],
      },
      optimizers,
      update({ state, context, batch, optimizer }) {
        const { observation: s, action: a, nextObservation: s2, terminated: d } = batch;
        const logAlpha = state.logAlpha.chunks[0];
        const alpha = op.reshape(op.exp(logAlpha), [1, 1]);
        const r = reward.value(context.reward, batch);

        const next = policy.sample(state.phi, s2, batch.nextNoise);
        const discount = op.mul(op.sub(1, d), gamma);
        let y = softTarget(r, discount, smaller(q(state.target, s2, next.action)), next.logProb, alpha);
        if (reward.absorbing !== undefined) {
          // after a termination the absorbing state pays its reward for ever: γ/(1−γ)·r(absorbing)
          const rest = op.mul(reward.absorbing(context.reward), gamma / (1 - gamma));
          y = op.stopGradient(op.add(y, op.mul(d, rest)));
        }
        const values = q(state.theta, s, a);
        const J_Q = criticLoss(values, y);
        const thetaStep = optimizers.critic.step(
          state.theta,
          gradientVector(J_Q, state.theta),
          { first: state["theta.m"], second: state["theta.v"] },
          optimizer.critic,
        );

        const current = policy.sample(state.phi, s, batch.noise);
        const J_pi = policyLoss(smaller(q(thetaStep.theta, s, current.action)), current.logProb, alpha);
        const phiStep = optimizers.policy.step(
          state.phi,
          gradientVector(J_pi, state.phi),
          { first: state["phi.m"], second: state["phi.v"] },
          optimizer.policy,
        );

        const J_alpha = temperatureLoss(logAlpha, current.logProb, targetEntropy);
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
            target: polyak(state.target, thetaStep.theta, config.polyak),
            average: polyak(state.average, phiStep.theta, config.policyAveraging),
            ...(automaticTemperature && {
              logAlpha: alphaStep.theta,
              "logAlpha.m": alphaStep.moments.first,
              "logAlpha.v": alphaStep.moments.second,
            }),
          },
          outputs: {
            criticLoss: J_Q,
            policyLoss: J_pi,
            entropy: op.neg(op.mean(current.logProb)),
            temperature: op.exp(op.reshape(logAlpha, [])),
            qMean: op.mean(values[0]),
            rewardMean: op.mean(r),
          },
        };
      },
    },
    executor,
  );
}
