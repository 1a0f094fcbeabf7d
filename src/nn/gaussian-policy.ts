import * as op from "./operations.ts";
import type { Tensor } from "./tensor.ts";
import { mlp, type Activation, type Mlp } from "./network.ts";
import { rowFunction } from "./forward.ts";
import type { Vector, VectorValues } from "./vector.ts";

export interface GaussianPolicyOptions {
  readonly observationSize: number;
  readonly actionSize: number;
  readonly hidden: readonly number[];
  readonly activation?: Activation;
  /** Bounds of the actions, [A]; ±1 by default. */
  readonly actionLow?: readonly number[];
  readonly actionHigh?: readonly number[];
}

/** Bounds of log σ, as in the SAC code of its authors and of Spinning Up. */
const LOG_STD_BOUNDS = [-20, 2] as const;

const LOG_2_PI = Math.log(2 * Math.PI);

/**
 * The squashed Gaussian policy of SAC (Haarnoja et al. 2018, appendix C): u ~ N(μ(s), σ(s)²), a = tanh(u), stretched from
 * [−1, 1] to the action bounds. Densities are those of tanh(u): in the units of the actions they would differ by the
 * constant Σ log((high − low)/2), which with a fixed temperature would be a bonus or malus for staying alive.
 */
export interface GaussianPolicy {
  readonly network: Mlp;
  /**
   * The action for one observation in plain numbers (forward.ts): `act(observation, noise, action)` writes the action of
   * u = μ + σ·ε into `action` [A]; without noise, that of u = μ.
   * @param phi the current parameters, read at each call
   */
  actor(phi: () => VectorValues): (observation: ArrayLike<number>, noise: ArrayLike<number> | undefined, action: Float32Array | Float64Array) => void;
  /** As `actor`, with noise; returns log π of the action as a density over the actions in their own units. */
  sampler(phi: () => VectorValues): (observation: ArrayLike<number>, noise: ArrayLike<number>, action: Float32Array | Float64Array) => number;
  /** The action of u = μ, [B, A]. */
  mean(phi: Vector, observation: Tensor): Tensor;
  /**
   * The action of u = μ + σ·ε, and log π.
   * @param noise ε, standard normal [B, A]
   * @returns action [B, A], logProb [B, 1]
   */
  sample(phi: Vector, observation: Tensor, noise: Tensor): { action: Tensor; logProb: Tensor };
  /** log π of given pre-squash actions u, [B, 1] */
  logProb(phi: Vector, observation: Tensor, u: Tensor): Tensor;
}

export function gaussianPolicy(options: GaussianPolicyOptions): GaussianPolicy {
  const { observationSize, actionSize, hidden, activation = "relu", actionLow, actionHigh } = options;
  const network = mlp({ inputs: observationSize, hidden, outputs: 2 * actionSize, activation, name: "policy" });

  const bounds = Array.from({ length: actionSize }, (_, i) => [actionLow?.[i] ?? -1, actionHigh?.[i] ?? 1] as const);
  const scale = bounds.map(([low, high]) => (high - low) / 2);
  const center = bounds.map(([low, high]) => (high + low) / 2);
  const squash = (u: Tensor): Tensor => {
    const scaled = scale.every((x) => x === 1) ? op.tanh(u) : op.mul(op.tanh(u), op.constant(scale, [1, actionSize]));
    return center.every((x) => x === 0) ? scaled : op.add(scaled, op.constant(center, [1, actionSize]));
  };

  const heads = (phi: Vector, observation: Tensor): { mu: Tensor; logStd: Tensor } => {
    const [output] = network.apply(phi, observation);
    const [mu, raw] = op.split(output, 1, [actionSize, actionSize]);
    return { mu, logStd: op.clip(raw, ...LOG_STD_BOUNDS) };
  };

  // log π(a|s) = Σ [ −ε²/2 − log σ − log √2π − log(1 − tanh²u) ] and log(1 − tanh²u) = −2 log cosh u
  const density = (u: Tensor, noise: Tensor, logStd: Tensor): Tensor => {
    const rowSum = (x: Tensor): Tensor => op.sumKeep(x, [1]);
    const gaussian = op.add(op.mul(rowSum(op.square(noise)), 0.5), rowSum(logStd));
    const volume = op.mul(rowSum(op.logCosh(u)), 2);
    return op.sub(op.sub(volume, gaussian), op.constant((actionSize * LOG_2_PI) / 2, [1, 1]));
  };

  const logScale = scale.reduce((sum, x) => sum + Math.log(x), 0);
  const clipLogStd = (raw: number): number => Math.min(LOG_STD_BOUNDS[1], Math.max(LOG_STD_BOUNDS[0], raw));
  const stretch = (u: number, j: number): number => Math.fround(center[j] + scale[j] * Math.tanh(u));

  return {
    network,
    actor(phi) {
      const evaluate = rowFunction(network, phi);
      return (observation, noise, action) => {
        const output = evaluate(observation);
        for (let j = 0; j < actionSize; j++) {
          const spread = noise === undefined ? 0 : Math.exp(clipLogStd(output[actionSize + j])) * noise[j];
          action[j] = stretch(output[j] + spread, j);
        }
      };
    },
    sampler(phi) {
      const evaluate = rowFunction(network, phi);
      return (observation, noise, action) => {
        const output = evaluate(observation);
        let logProb = -logScale - (actionSize * LOG_2_PI) / 2;
        for (let j = 0; j < actionSize; j++) {
          const logStd = clipLogStd(output[actionSize + j]);
          const u = output[j] + Math.exp(logStd) * noise[j];
          // log cosh u without overflow
          const logCosh = Math.abs(u) + Math.log1p(Math.exp(-2 * Math.abs(u))) - Math.LN2;
          logProb += 2 * logCosh - noise[j] ** 2 / 2 - logStd;
          action[j] = stretch(u, j);
        }
        return logProb;
      };
    },
    mean: (phi, observation) => squash(heads(phi, observation).mu),
    sample(phi, observation, noise) {
      const { mu, logStd } = heads(phi, observation);
      const u = op.add(mu, op.mul(op.exp(logStd), noise));
      return { action: squash(u), logProb: density(u, noise, logStd) };
    },
    logProb(phi, observation, u) {
      const { mu, logStd } = heads(phi, observation);
      const noise = op.mul(op.sub(u, mu), op.exp(op.neg(logStd)));
      return density(u, noise, logStd);
    },
  };
}
