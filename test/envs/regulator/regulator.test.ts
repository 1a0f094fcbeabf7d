import { describe, expect, it } from "vitest";
import { make, type Environment } from "../../../envs/index.ts";
import {
  INITIAL_POSITION,
  INITIAL_VELOCITY,
  optimalGain,
  optimalGains,
  optimalReturn,
  type Gain,
} from "../../../envs/regulator/index.ts";

/** The return and the largest action of a linear policy from a state. */
function rollout(
  environment: Environment,
  start: Gain,
  gainAt: (step: number) => Gain,
  steps = 50,
): [number, number] {
  let [position, velocity] = environment.setState([start[0]], [start[1]]);
  let total = 0;
  let largest = 0;
  for (let step = 0; step < steps; step++) {
    const [a, b] = gainAt(step);
    const action = -(a * position + b * velocity);
    const result = environment.step([action]);
    [position, velocity] = result.observation;
    total += result.reward;
    largest = Math.max(largest, Math.abs(action));
  }
  return [total, largest];
}

/** Solves m·x = y by Gaussian elimination with pivoting. */
function solve(m: number[][], y: number[]): number[] {
  const rows = m.map((row, i) => [...row, y[i]]);
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? i + k : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = 0; i < rows.length; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < rows[i].length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row, i) => row[rows.length] / row[i]);
}

/**
 * The best open-loop actions found without Riccati: the return is quadratic in the 50 actions, so its gradient and
 * Hessian, read off the environment's own returns, give the maximum in one Newton step.
 */
function bestActions(environment: Environment, start: Gain, steps: number): number[] {
  const returnOf = (actions: number[]): number => {
    environment.setState([start[0]], [start[1]]);
    return actions.reduce((total, action) => total + environment.step([action]).reward, 0);
  };
  const zero = new Array<number>(steps).fill(0);
  const size = 0.5;
  const at = (...active: number[]): number => {
    const actions = zero.slice();
    for (const i of active) actions[i] += size;
    return returnOf(actions);
  };
  const base = at();
  const single = zero.map((_, i) => at(i));
  const hessian = zero.map((_, i) =>
    zero.map((_, j) => (at(i, j) - single[i] - single[j] + base) / size ** 2),
  );
  const gradient = zero.map((_, i) => (single[i] - base) / size - (hessian[i][i] * size) / 2);
  return solve(
    hessian,
    gradient.map((g) => -g),
  );
}

const corners: Gain[] = [
  [INITIAL_POSITION, INITIAL_VELOCITY],
  [INITIAL_POSITION, -INITIAL_VELOCITY],
  [-INITIAL_POSITION, INITIAL_VELOCITY],
  [0.3, 0.1],
];

describe("Regulator-v0", () => {
  it("follows its equations and costs", async () => {
    const environment = await make("Regulator-v0");
    environment.setState([0.5], [-0.2]);
    const { observation, reward, info, terminated } = environment.step([0.4]);
    // -0.2 + 0.1·5·0.4 = 0;  0.5 + 0.1·0 = 0.5;  0.25 + 0.1·0.04 = 0.254;  2·0.16 = 0.32
    expect(observation[0]).toBeCloseTo(0.5, 12);
    expect(observation[1]).toBeCloseTo(0, 12);
    expect(reward).toBeCloseTo(-0.574, 12);
    expect(info.reward_state).toBeCloseTo(-0.254, 12);
    expect(info.reward_ctrl).toBeCloseTo(-0.32, 12);
    expect(terminated).toBe(false);
    // The actuator clips, the cost does not: 0 + 0.5·1 and 2·9.
    const clipped = environment.step([3]);
    expect(clipped.observation[1]).toBeCloseTo(0.5, 12);
    expect(clipped.info.reward_ctrl).toBe(-18);
    environment.close();
  });

  it("is cut after 50 steps and never terminates", async () => {
    const environment = await make("Regulator-v0");
    environment.reset({ seed: 3 });
    const ends = Array.from({ length: 50 }, () => environment.step([1]));
    expect(ends.map(({ truncated }) => truncated).indexOf(true)).toBe(49);
    expect(ends.some(({ terminated }) => terminated)).toBe(false);
    environment.close();
  });

  it("starts within its initial range", async () => {
    const environment = await make("Regulator-v0");
    const starts = Array.from({ length: 500 }, () => environment.reset().observation);
    const largest = (k: number): number => Math.max(...starts.map((start) => Math.abs(start[k])));
    expect(largest(0)).toBeLessThanOrEqual(INITIAL_POSITION);
    expect(largest(0)).toBeGreaterThan(0.97 * INITIAL_POSITION);
    expect(largest(1)).toBeLessThanOrEqual(INITIAL_VELOCITY);
    expect(largest(1)).toBeGreaterThan(0.97 * INITIAL_VELOCITY);
    environment.close();
  });
});

describe("the known optimum", () => {
  it("has the return and the first action of the best 50 actions found by brute force", async () => {
    const environment = await make("Regulator-v0");
    const start: Gain = [0.3, 0.1];
    const actions = bestActions(environment, start, 50);
    environment.setState([start[0]], [start[1]]);
    const best = actions.reduce((total, action) => total + environment.step([action]).reward, 0);
    expect(best).toBeCloseTo(optimalReturn(start[0], start[1], 50), 9);
    const [a, b] = optimalGains(50)[0];
    expect(actions[0]).toBeCloseTo(-(a * start[0] + b * start[1]), 8);
    environment.close();
  });

  it("is what the gains collect, without touching the action bounds", async () => {
    const environment = await make("Regulator-v0");
    const gains = optimalGains(50);
    for (const start of corners) {
      const [total, largest] = rollout(environment, start, (step) => gains[step]);
      expect(total).toBeCloseTo(optimalReturn(start[0], start[1], 50), 10);
      expect(largest).toBeLessThan(0.9);
      // One gain for all steps loses nothing that matters.
      const [stationary, largestStationary] = rollout(environment, start, () => optimalGain());
      expect(total - stationary).toBeGreaterThanOrEqual(0);
      expect(total - stationary).toBeLessThan(1e-4);
      expect(largestStationary).toBeLessThan(0.9);
    }
    environment.close();
  });

  it("has the stationary gains that an independent solver gives", () => {
    // SciPy: solve_discrete_are on A·√γ, B·√γ, diag(1, 0.1), 2.
    const plain = optimalGain();
    expect(plain[0]).toBeCloseTo(0.6120500559335308, 12);
    expect(plain[1]).toBeCloseTo(0.5015789161270355, 12);
    const discounted = optimalGain(0.99);
    expect(discounted[0]).toBeCloseTo(0.5903246423899261, 12);
    expect(discounted[1]).toBeCloseTo(0.4864351126418351, 12);
  });
});
