import { describe, expect, it } from "vitest";
import { listEnvironments, make } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";

/** Gymnasium's (and f-IRL's) initial noise and time limit: half-width of uniform noise, or deviation of normal noise. */
interface Start {
  readonly ids: readonly string[];
  readonly qpos: readonly number[];
  readonly scale: number;
  readonly velocities: "uniform" | "normal";
  readonly steps: number;
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const both = (robot: string): string[] => [`${robot}-v5`, `${robot}-v4`];

const starts: readonly Start[] = [
  { ids: both("Hopper"), qpos: [0, 1.25, ...zeros(4)], scale: 5e-3, velocities: "uniform", steps: 1000 },
  { ids: both("Walker2d"), qpos: [0, 1.25, ...zeros(7)], scale: 5e-3, velocities: "uniform", steps: 1000 },
  { ids: both("HalfCheetah"), qpos: zeros(9), scale: 0.1, velocities: "normal", steps: 1000 },
  { ids: both("Ant"), qpos: [0, 0, 0.75, 1, ...zeros(11)], scale: 0.1, velocities: "normal", steps: 1000 },
  { ids: both("Humanoid"), qpos: [0, 0, 1.4, 1, ...zeros(20)], scale: 1e-2, velocities: "uniform", steps: 1000 },
  {
    ids: ["CustomAnt-v0", "DisabledAnt-v0"],
    qpos: [0, 0, 0.75, 1, ...zeros(11)],
    scale: 0.1,
    velocities: "normal",
    steps: 500,
  },
];

/** Of U(−1, 1) and of N(0, 1). */
const distribution = {
  uniform: (x: number): number => Math.min(1, Math.max(0, (x + 1) / 2)),
  // Abramowitz and Stegun 26.2.17, to 1e-7.
  normal: (x: number): number => {
    const t = 1 / (1 + 0.2316419 * Math.abs(x));
    const polynomial = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
    const tail = polynomial.reduceRight((sum, c) => (sum + c) * t, 0) * (Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI));
    return x > 0 ? 1 - tail : tail;
  },
};

/** The Kolmogorov-Smirnov statistic times √n: above 1.95 in one of a thousand samples of the distribution. */
function discrepancy(sample: readonly number[], cumulative: (x: number) => number): number {
  const n = sample.length;
  const sorted = [...sample].sort((a, b) => a - b);
  const distances = sorted.map((x, i) => Math.max((i + 1) / n - cumulative(x), cumulative(x) - i / n));
  return distances.reduce((largest, distance) => Math.max(largest, distance), 0) * Math.sqrt(n);
}

it("every robot's start is listed here", () => {
  const listed = starts.flatMap(({ ids }) => ids);
  expect(listed.sort()).toEqual(
    listEnvironments()
      .map(({ id }) => id)
      .filter((id) => id !== "Regulator-v0")
      .sort(),
  );
});

describe.each(starts.flatMap(({ ids, ...start }) => ids.map((id) => ({ id, ...start }))))("$id", (start) => {
  const { id, qpos, scale, velocities, steps } = start;

  it("starts with Gymnasium's noise, in every coordinate and from one to the next", async () => {
    const environment = await make(id);
    const resets = 1500;
    const noise = { qpos: qpos.map(() => [] as number[]), qvel: [...environment.qvel].map(() => [] as number[]) };
    for (let i = 0; i < resets; i++) {
      environment.reset();
      environment.qpos.forEach((x, k) => noise.qpos[k].push((x - qpos[k]) / scale));
      environment.qvel.forEach((v, k) => noise.qvel[k].push(v / scale));
    }
    environment.close();
    for (const [name, kind] of [
      ["qpos", "uniform"],
      ["qvel", velocities],
    ] as const) {
      const discrepancies = noise[name].map((coordinate) => discrepancy(coordinate, distribution[kind]));
      // The largest of up to 24 coordinates.
      expect(Math.max(...discrepancies)).toBeLessThan(2.3);
      const variance = kind === "uniform" ? 1 / 3 : 1;
      // All together they tell a wrong scale: a mean of n squares has the relative error √((kurtosis − 1)/n).
      const all = noise[name].flat();
      const square = all.reduce((sum, x) => sum + x * x, 0) / all.length;
      const error = Math.sqrt((kind === "uniform" ? 9 / 5 - 1 : 3 - 1) / all.length);
      expect(Math.abs(square / variance - 1)).toBeLessThan(3.5 * error);
      // Neighbours are independent: the correlation of n pairs is within 4.5/√n of 0.
      for (let k = 1; k < noise[name].length; k++) {
        const product = noise[name][k].reduce((sum, x, i) => sum + x * noise[name][k - 1][i], 0);
        expect(Math.abs(product / resets / variance)).toBeLessThan(4.5 / Math.sqrt(resets));
      }
    }
  });

  it("draws positions first, then velocities, from its own generator", async () => {
    const environment = await make(id);
    environment.reset({ seed: 31 });
    const random = createRandom(31);
    const uniform = (): number => scale * (2 * random.uniform() - 1);
    const velocity = velocities === "uniform" ? uniform : () => scale * random.normal();
    expect([...environment.qpos]).toEqual(qpos.map((x) => x + uniform()));
    expect([...environment.qvel]).toEqual([...environment.qvel].map(() => velocity()));
    environment.close();
  });

  it("starts at rest in the model's own pose where the noise is 0, and ends after Gymnasium's time", async () => {
    const environment = await make(id, { reset_noise_scale: 0 });
    environment.reset();
    expect([...environment.qpos]).toEqual(qpos);
    expect(environment.qvel.every((v) => v === 0)).toBe(true);
    expect(environment.spec.maxEpisodeSteps).toBe(steps);
    environment.close();
  });
});

describe("the orientation of a robot that can turn", () => {
  it.each(["Ant-v5", "Humanoid-v5", "CustomAnt-v0"])("keeps its noise until the first step of %s", async (id) => {
    const environment = await make(id);
    const norm = (): number => Math.hypot(...environment.qpos.subarray(3, 7));
    environment.reset({ seed: 1 });
    expect(Math.abs(norm() - 1)).toBeGreaterThan(1e-3);
    environment.step(new Float64Array(environment.spec.actionSize));
    expect(norm()).toBeCloseTo(1, 12);
    environment.close();
  });
});
