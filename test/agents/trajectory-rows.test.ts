import { describe, expect, it } from "vitest";
import { comparedRows, experienceRows, firstStates, trajectoryRows, type AfterTermination } from "../../agents/trajectory-rows.ts";

const episode = (length: number, terminated: boolean, first: number) => ({
  length,
  terminated,
  observations: Float32Array.from({ length: 2 * length }, (_, i) => first + i),
  actions: Float32Array.from({ length }, (_, i) => -first - i),
});

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** Σₜ γᵗ term by term. */
const steps = (gamma: number, from: number, to: number): number =>
  sum(Array.from({ length: to - from }, (_, i) => gamma ** (from + i)));

const fallen = [episode(3, true, 100), episode(5, false, 200)];

describe("rows of whole trajectories", () => {
  it("stand in order, weighted γᵗ/n", () => {
    const rows = trajectoryRows(fallen, { gamma: 0.5, horizon: 5, afterTermination: "stop" });
    expect([...rows.weights]).toEqual([0.5, 0.25, 0.125, 0.5, 0.25, 0.125, 0.0625, 0.03125]);
    expect([...rows.observations]).toEqual([
      ...fallen[0].observations,
      ...fallen[1].observations,
    ]);
    expect([...rows.actions]).toEqual([-100, -101, -102, -200, -201, -202, -203, -204]);
    expect(rows.absorbingWeight).toBe(0);
  });

  it("weigh alike without a discount", () => {
    const rows = trajectoryRows(fallen, { gamma: 1, horizon: 5, afterTermination: "continue" });
    expect([...rows.weights]).toEqual(new Array(8).fill(0.5));
    expect(rows.absorbingWeight).toBe(0);
  });

  it("give the steps that a fall takes away to the absorbing state", () => {
    const { weights, absorbingWeight } = trajectoryRows(fallen, {
      gamma: 0.5,
      horizon: 5,
      afterTermination: "absorbing",
    });
    // (γ³ + γ⁴)/2
    expect(absorbingWeight).toBeCloseTo((0.125 + 0.0625) / 2, 12);
    expect(sum(weights) + absorbingWeight).toBeCloseTo(1.9375, 12);
    // without a discount: 2 missing steps of one of two trajectories
    expect(trajectoryRows(fallen, { gamma: 1, horizon: 5, afterTermination: "absorbing" }).absorbingWeight).toBe(1);
  });

  it.each([
    { gamma: 1, horizon: 1000 },
    { gamma: 0.99, horizon: 1000 },
  ])("add up to Σγᵗ of one whole trajectory with γ = $gamma", ({ gamma, horizon }) => {
    const episodes = [episode(37, true, 0), episode(horizon, false, 0), episode(999, true, 0)];
    const { weights, absorbingWeight } = trajectoryRows(episodes, { gamma, horizon, afterTermination: "absorbing" });
    const expected = steps(gamma, 0, horizon);
    expect(Math.abs(sum(weights) + absorbingWeight - expected) / expected).toBeLessThan(1e-6);
  });
});

describe("rows with a fixed level", () => {
  it.each([1, 0.9])("are compared per step: they add up to Σγᵗ however early the agent fell, γ = %s", (gamma) => {
    const weighting = { gamma, horizon: 50, afterTermination: "level" } as const;
    const whole = steps(gamma, 0, 50);
    const { weights, absorbingWeight } = trajectoryRows(fallen, weighting);
    expect(sum(weights)).toBeCloseTo(whole, 4);
    expect(weights[1] / weights[0]).toBeCloseTo(gamma, 6);
    expect(absorbingWeight).toBe(0);
    const recent = {
      observations: new Float32Array(3),
      actions: new Float32Array(3),
      times: Float32Array.of(0, 1, 0),
      endings: [{ row: 1, length: 2 }],
    };
    expect(sum(experienceRows(recent, weighting).weights)).toBeCloseTo(whole, 4);
  });
});

describe("rows of recent experience", () => {
  const experience = {
    observations: Float32Array.of(1, 2, 3, 4, 5),
    actions: Float32Array.of(9, 8, 7, 6, 5),
    times: Float32Array.of(2, 3, 0, 1, 2),
  };

  // the last 2 of 4 steps of an episode that fell, then 3 steps of one in progress
  const endings = [{ row: 1, length: 4 }];

  it("weigh by the step of their episode, as parts of trajectories", () => {
    const rows = experienceRows({ ...experience, endings }, { gamma: 0.5, horizon: 6, afterTermination: "stop" });
    // 2/4 of the fallen trajectory and 3/6 of one of full length are 1 trajectory; γᵗ: ¼ ⅛ 1 ½ ¼
    [0.25, 0.125, 1, 0.5, 0.25].forEach((weight, i) => {
      expect(rows.weights[i]).toBeCloseTo(weight, 6);
    });
    expect(rows.absorbingWeight).toBe(0);
    expect(rows.observations).toEqual(experience.observations);
    expect(rows.actions).toEqual(experience.actions);
  });

  it("leave the absorbing state the rest of a trajectory that fell", () => {
    const weighting = { gamma: 0.5, horizon: 6, afterTermination: "absorbing" } as const;
    const { absorbingWeight } = experienceRows({ ...experience, endings }, weighting);
    // half a trajectory, whose fall after 4 steps leaves γ⁴ + γ⁵ = 0.09375
    expect(absorbingWeight).toBeCloseTo(0.09375 / 2, 6);
  });

  it("have a smaller sum than the expert where the agent falls, so that the reward's level is determined", () => {
    const length = 20;
    const rows = 40;
    const experience = {
      observations: new Float32Array(rows),
      actions: new Float32Array(rows),
      times: Float32Array.from({ length: rows }, (_, i) => i % length),
      endings: [19, 39].map((row) => ({ row, length })),
    };
    const total = (afterTermination: AfterTermination): number => {
      const { weights, absorbingWeight } = experienceRows(experience, { gamma: 1, horizon: 100, afterTermination });
      return sum(weights) + absorbingWeight;
    };
    expect(total("stop")).toBeCloseTo(20, 6);
    expect(total("absorbing")).toBeCloseTo(100, 6);
  });

  it.each([1, 0.99])("add up to Σγᵗ of a whole trajectory with γ = %s where none fell", (gamma) => {
    const horizon = 200;
    const whole = {
      observations: new Float32Array(2 * horizon),
      actions: new Float32Array(2 * horizon),
      times: Float32Array.from({ length: 2 * horizon }, (_, i) => i % horizon),
      endings: [],
    };
    const { weights, absorbingWeight } = experienceRows(whole, { gamma, horizon, afterTermination: "stop" });
    const expected = steps(gamma, 0, horizon);
    expect(Math.abs(sum(weights) + absorbingWeight - expected) / expected).toBeLessThan(1e-5);
  });
});

describe("rows that short trajectories are compared with", () => {
  const weighting = { gamma: 1, horizon: 2, afterTermination: "stop" } as const;
  // three steps that end in a fall, and five that do not
  const long = fallen;

  it("are the first steps where those begin at first states", () => {
    const { observations, actions, weights } = comparedRows(long, "first", weighting);
    expect([...observations]).toEqual([100, 101, 102, 103, 200, 201, 202, 203]);
    expect([...actions]).toEqual([-100, -101, -200, -201]);
    expect([...weights]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it("are all steps, in parts, where those begin anywhere", () => {
    // parts of 2 and 1 (terminated), 2, 2 and 1 steps: 1 ended trajectory, and 7 rows of full ones with 2 each
    const { observations, weights } = comparedRows(long, "any", weighting);
    expect([...observations]).toEqual([...long[0].observations, ...long[1].observations]);
    for (const weight of weights) expect(weight).toBeCloseTo(1 / (1 + 7 / 2), 6);
    const { weights: discounted } = comparedRows(long, "any", { ...weighting, gamma: 0.5 });
    expect([...discounted].map((weight) => weight * 4.5)).toEqual([1, 0.5, 1, 1, 0.5, 1, 0.5, 1].map((value) => expect.closeTo(value, 5) as number));
  });

  it("are both with half their weights", () => {
    const parts = [comparedRows(long, "first", weighting), comparedRows(long, "any", weighting)];
    const { weights, observations } = comparedRows(long, "both", weighting);
    expect([...weights]).toEqual(parts.flatMap((part) => [...part.weights].map((weight) => weight / 2)));
    expect([...observations]).toEqual(parts.flatMap((part) => [...part.observations]));
  });

  it("begin with the first states", () => {
    expect([...firstStates(long)]).toEqual([100, 101, 200, 201]);
  });
});
