import { combine, select } from "../../src/runs/snapshot.ts";
import type { ModelWorld } from "../world-model/world.ts";

export interface AdaptivePenaltyOptions {
  /** λ to begin with. */
  readonly coefficient: number;
  /** The mean U that λ is to bring about. */
  readonly target: number;
  /** What λ changes by at a step of the world whose mean U is twice the target. */
  readonly rate: number;
}

export interface AdaptivePenalty {
  /** The world, which adapts λ at each step and reports it as `penaltyCoefficient`. */
  readonly world: ModelWorld;
  /** λ ≥ 0, as it is now. */
  coefficient(): number;
}

/**
 * λ as the multiplier of the constraint that rollouts are no more uncertain than a target: gradient ascent on the dual,
 * λ ← max(0, λ + η(Ū/U* − 1)).
 * @param world it pays −U(s,a), without λ
 */
export function adaptivePenalty(world: ModelWorld, { coefficient, target, rate }: AdaptivePenaltyOptions): AdaptivePenalty {
  let lambda = coefficient;
  return {
    coefficient: () => lambda,
    world: {
      ...world,
      async step(actions) {
        const result = await world.step(actions);
        const uncertainty = -result.rewards.reduce((a, b) => a + b, 0) / result.rewards.length;
        lambda = Math.max(0, lambda + rate * (uncertainty / target - 1));
        return result;
      },
      metrics: () => ({ ...world.metrics(), penaltyCoefficient: lambda }),
      snapshot: () => combine({ world: world.snapshot(), penalty: { arrays: {}, values: { lambda } } }),
      restore(snapshot) {
        world.restore(select(snapshot, "world"));
        lambda = Number(select(snapshot, "penalty").values.lambda);
      },
    },
  };
}
