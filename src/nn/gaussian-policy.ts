import * as op from "./operations.ts";
import type { Tensor } from "./tensor.ts";
import { mlp, type Activation, type Mlp } from "./network.ts";
import type { Vector } from "./vector.ts";

export interface GaussianPolicyOptions {
  readonly observationSize: number;
  readonly actionSize: number;
  readonly hidden: readonly number[];
  readonly activation?: Activation;
}

/** Bounds of log σ, as in the SAC code of its authors and of Spinning Up. */
const LOG_STD_BOUNDS = [-20, 2] as const;

const LOG_2_PI = Math.log(2 * Math.PI);

/**
 * The squashed Gaussian policy of SAC (Haarnoja et al. 2018, appendix C): u ~ N(μ(s), σ(s)²), a = tanh(u). Actions are in
 * [−1, 1]; the density is that of a in these units.
 */
export interface GaussianPolicy {
  readonly network: Mlp;
  /** a = tanh(μ), [B, A] */
  mean(phi: Vector, observation: Tensor): Tensor;
  /**
   * a = tanh(μ + σ·ε) and log π(a|s).
   * @param noise ε, standard normal [B, A]
   * @returns action [B, A], logProb [B, 1]
   */
  sample(phi: Vector, observation: Tensor, noise: Tensor): { action: Tensor; logProb: Tensor };
  /** log π(tanh(u)|s) of given pre-squash actions u, [B, 1] */
  logProb(phi: Vector, observation: Tensor, u: Tensor): Tensor;
}

export function gaussianPolicy({ observationSize, actionSize, hidden, activation = "relu" }: GaussianPolicyOptions): GaussianPolicy {
  const network = mlp({ inputs: observationSize, hidden, outputs: 2 * actionSize, activation, name: "policy" });

  const heads = (phi: Vector, observation: Tensor): { mu: Tensor; logStd: Tensor } => {
    const [output] = network.apply(phi, observation);
    const [mu, raw] = op.split(output, 1, [actionSize, actionSize]);
    return { mu, logStd: op.clip(raw, ...LOG_STD_BOUNDS) };
  };

  // log π(a|s) = Σ [ −ε²/2 − log σ − log √2π − log(1 − tanh²u) ] and log(1 − tanh²u) = −2 log cosh u
  const density = (u: Tensor, noise: Tensor, logStd: Tensor): Tensor => {
    const rowSum = (x: Tensor): Tensor => op.sumKeep(x, [1]);
    const gaussian = op.add(op.mul(rowSum(op.square(noise)), 0.5), rowSum(logStd));
    const squash = op.mul(rowSum(op.logCosh(u)), 2);
    return op.sub(op.sub(squash, gaussian), op.constant((actionSize * LOG_2_PI) / 2, [1, 1]));
  };

  return {
    network,
    mean: (phi, observation) => op.tanh(heads(phi, observation).mu),
    sample(phi, observation, noise) {
      const { mu, logStd } = heads(phi, observation);
      const u = op.add(mu, op.mul(op.exp(logStd), noise));
      return { action: op.tanh(u), logProb: density(u, noise, logStd) };
    },
    logProb(phi, observation, u) {
      const { mu, logStd } = heads(phi, observation);
      const noise = op.mul(op.sub(u, mu), op.exp(op.neg(logStd)));
      return density(u, noise, logStd);
    },
  };
}
