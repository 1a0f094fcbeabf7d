import { mlp, type Mlp } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { layoutOf, unpack, type Layout, type Vector } from "../../src/nn/vector.ts";
import type { Random } from "../../src/random/index.ts";
import { softBounds, type Gaussian } from "./losses.ts";

/** What a world model's networks look like, and whose world they model. */
export interface WorldModelArchitecture {
  readonly environment: string;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly members: number;
  readonly hidden: readonly number[];
  /** The last output component is the reward. */
  readonly rewards: boolean;
}

/** Components of a target: the change of every observation and, with `rewards`, the reward. */
export const targetSize = ({ observationSize, rewards }: WorldModelArchitecture): number => observationSize + (rewards ? 1 : 0);

/** N probabilistic networks: standardised (s, a) → Gaussian over the standardised (s′ − s, r). */
export interface Ensemble {
  readonly network: Mlp;
  /** `largest` and `smallest` log σ², [1, D], common to all members. */
  readonly bounds: Layout;
  initialize(random: Random): { theta: Float32Array[]; bounds: Float32Array[] };
  /** @param x [B, O + A] for all members, or one such tensor per member */
  predict(theta: Vector, bounds: Vector, x: Tensor | readonly Tensor[]): Gaussian[];
}

/** First bounds of log σ² in standardised units (public code of MOPO). */
const FIRST_BOUNDS = { largest: 0.5, smallest: -10 };

export function ensemble(architecture: WorldModelArchitecture): Ensemble {
  const { observationSize, actionSize, hidden, members } = architecture;
  const outputs = targetSize(architecture);
  const network = mlp({
    inputs: observationSize + actionSize,
    hidden,
    outputs: 2 * outputs,
    activation: "silu",
    members,
    name: "world model",
  });
  return {
    network,
    bounds: layoutOf({ largest: [1, outputs], smallest: [1, outputs] }),
    initialize: (random) => ({
      theta: network.initialize(random),
      bounds: [
        Float32Array.from({ length: 2 * outputs }, (_, i) => (i < outputs ? FIRST_BOUNDS.largest : FIRST_BOUNDS.smallest)),
      ],
    }),
    predict(theta, bounds, x) {
      const { largest, smallest } = unpack(bounds);
      return network.apply(theta, x).map((output) => {
        const [mean, raw] = op.split(output, 1, [outputs, outputs]);
        return { mean, logVariance: softBounds(raw, largest, smallest) };
      });
    },
  };
}
