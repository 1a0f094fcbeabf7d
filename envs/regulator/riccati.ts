/**
 * The regulator's plant and costs: a unit mass on a line, pushed to the origin. One step of length `DT` (seconds)
 *
 *   velocity' = velocity + DT·FORCE·action,   position' = position + DT·velocity'
 *
 * costs position² + VELOCITY_COST·velocity² + ACTION_COST·action², of the state before the step.
 */
export const DT = 0.1;
export const FORCE = 5;
export const VELOCITY_COST = 0.1;
export const ACTION_COST = 2;

/** The linear policy action = -(position·gain[0] + velocity·gain[1]). */
export type Gain = readonly [number, number];

/** The cost-to-go p·position² + 2c·position·velocity + v·velocity². */
interface CostToGo {
  readonly p: number;
  readonly c: number;
  readonly v: number;
}

const NOTHING_TO_GO: CostToGo = { p: 0, c: 0, v: 0 };

/** How an action moves [position, velocity]. */
const PUSH: Gain = [DT * DT * FORCE, DT * FORCE];

/** One backward step of the discrete Riccati equation: the best gain now, when `next` follows, and its cost-to-go. */
function riccatiStep(next: CostToGo, discount: number): { gain: Gain; cost: CostToGo } {
  const { p, c, v } = next;
  const [b0, b1] = PUSH;
  // With A = [[1, DT], [0, 1]] and the next cost matrix P: rows of BᵀPA, and BᵀPB.
  const w0 = b0 * p + b1 * c;
  const w1 = b0 * c + b1 * v;
  const curvature = ACTION_COST + discount * (w0 * b0 + w1 * b1);
  const gain: Gain = [(discount * w0) / curvature, (discount * (DT * w0 + w1)) / curvature];
  return {
    gain,
    cost: {
      p: 1 + discount * p - curvature * gain[0] * gain[0],
      c: discount * (DT * p + c) - curvature * gain[0] * gain[1],
      v: VELOCITY_COST + discount * (DT * DT * p + 2 * DT * c + v) - curvature * gain[1] * gain[1],
    },
  };
}

/** The best gain of every step of an episode of `horizon` steps, by backward recursion. */
export function optimalGains(horizon: number, discount = 1): Gain[] {
  const gains: Gain[] = [];
  let cost = NOTHING_TO_GO;
  for (let step = 0; step < horizon; step++) {
    const best = riccatiStep(cost, discount);
    gains.unshift(best.gain);
    cost = best.cost;
  }
  return gains;
}

/** The best gain when the task goes on forever: the fixed point of the recursion. */
export function optimalGain(discount = 1): Gain {
  return optimalGains(1000, discount)[0];
}

/**
 * The largest (discounted) sum of rewards over `horizon` steps from a state, if actions were unbounded. From the
 * regulator's initial states the best actions stay inside the bounds, so it is the optimum of the task itself.
 */
export function optimalReturn(position: number, velocity: number, horizon: number, discount = 1): number {
  let cost = NOTHING_TO_GO;
  for (let step = 0; step < horizon; step++) ({ cost } = riccatiStep(cost, discount));
  return -(cost.p * position * position + 2 * cost.c * position * velocity + cost.v * velocity * velocity);
}
