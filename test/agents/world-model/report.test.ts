import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { worldModelSchema } from "../../../agents/world-model/config.ts";
import { fitWorldModel } from "../../../agents/world-model/fit.ts";
import { loadWorldModel, modelFromSnapshot, modelSnapshot } from "../../../agents/world-model/model.ts";
import { normalCdf } from "../../../agents/world-model/normal.ts";
import { reportOn } from "../../../agents/world-model/report.ts";
import { unseenRows } from "../../../agents/world-model/unseen.ts";
import { concatenate } from "../../../datasets/concatenate.ts";
import { make } from "../../../envs/index.ts";
import { DT, FORCE } from "../../../envs/regulator/riccati.ts";
import { createRandom } from "../../../src/random/index.ts";
import { saveSafetensors } from "../../../src/runs/safetensors.ts";
import { linearModel, setOf } from "./linear-model.ts";

const random = createRandom(5);
const options = { steps: 50, starts: 2000, random };

/** The regulator's own step: changes of position and velocity by position, velocity and action. */
const regulator = [
  [0, 0],
  [DT, 0],
  [DT * DT * FORCE, DT * FORCE],
];
const certain = [1e-12, 1e-12];

/** Episodes of the environment itself under random actions. */
async function played(episodes: number, seed: number) {
  const environment = await make("Regulator-v0");
  const drawing = createRandom(seed);
  try {
    return Array.from({ length: episodes }, (_, i) => {
      const states = [[...environment.reset({ seed: i }).observation]];
      const actions: number[] = [];
      for (;;) {
        const action = 2 * drawing.uniform() - 1;
        const { observation, truncated } = environment.step([action]);
        actions.push(action);
        states.push([...observation]);
        if (truncated) return { states, actions };
      }
    });
  } finally {
    environment.close();
  }
}

/** States that never change. */
const still = (length: number, state = [0, 0]) => ({ states: Array.from({ length: length + 1 }, () => state) });

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

describe("open-loop error", () => {
  it("of a wrong push is what the push adds up to, on held-out episodes only", async () => {
    const episodes = await played(4, 1);
    // what was learned from contradicts every model
    const learned = { states: episodes[0].states.map(() => [3, -2]).concat([[90, 90]]).slice(1), actions: episodes[0].actions };
    const set = setOf([learned, episodes[1], learned, episodes[3]]);
    const push = 0.02;
    const wrong = { gain: regulator, bias: [DT * push, push], variance: certain };
    const model = linearModel({
      members: [{ bias: [7, 7], variance: [1, 1] }, wrong],
      elites: [1],
      holdout: { rows: 200, ranges: [{ start: 50, end: 100 }, { start: 150, end: 200 }] },
    });
    const { openLoop, unseen } = await reportOn(model, set, options);
    expect(unseen).toEqual({ source: "held-out", episodes: 2, rows: 100, measured: 100, trainedOn: 200 });
    const column = (j: number) => Array.from(set.observations).filter((_, i) => i % 2 === j);
    const [position, velocity] = [deviation(column(0)), deviation(column(1))];
    expect(openLoop.counts).toEqual(Array.from({ length: 50 }, (_, i) => 2 * (50 - i)));
    for (let k = 1; k <= 50; k++) {
      // after k steps the velocity is wrong by k pushes, the position by DT times 1 + 2 + … + k
      const error = Math.hypot((DT * push * k * (k + 1)) / 2 / position, (k * push) / velocity) / Math.SQRT2;
      for (const curve of [openLoop.mean, openLoop.sampled]) {
        for (const values of [curve.low, curve.median, curve.high]) expect(values[k - 1]).toBeCloseTo(error, 4);
      }
    }
    expect([openLoop.mean.left, openLoop.sampled.left]).toEqual([0, 0]);
  });

  it("of doing nothing is how far the state moves", async () => {
    const speed = 1;
    const states = Array.from({ length: 41 }, (_, t) => [DT * speed * t, speed]);
    const model = linearModel({ members: [{ gain: regulator, bias: [0, 0], variance: certain }] });
    const { openLoop, unseen } = await reportOn(model, setOf([{ states }]), { ...options, steps: 20 });
    expect([unseen.source, unseen.trainedOn]).toEqual(["other-dataset", 0]);
    // uniform on 40 places, a velocity that is always the same
    const position = DT * Math.sqrt((40 ** 2 - 1) / 12);
    expect(openLoop.unchanged.median).toHaveLength(20);
    openLoop.unchanged.median.forEach((error, i) => expect(error).toBeCloseTo((DT * (i + 1)) / position / Math.SQRT2, 4));
    expect(openLoop.counts[19]).toBe(21);
    expect(openLoop.mean.high[19]).toBeLessThan(1e-4);
  });

  it("of sampled states grows as a random walk does", async () => {
    const sigma = 0.1;
    const model = linearModel({ members: [{ bias: [0, 0], variance: [sigma ** 2, 1e-12] }] });
    const set = setOf(Array.from({ length: 200 }, () => still(20)));
    const { openLoop } = await reportOn(model, set, { ...options, steps: 10, starts: 3000 });
    expect(openLoop.counts[0]).toBe(3000);
    for (const k of [1, 4, 10]) {
      const unit = (sigma * Math.sqrt(k)) / Math.SQRT2;
      // quantiles of |N(0, 1)|
      expect(openLoop.sampled.low[k - 1] / unit).toBeCloseTo(0.1257, 1);
      expect(openLoop.sampled.median[k - 1] / unit).toBeCloseTo(0.6745, 1);
      expect(Math.abs(openLoop.sampled.high[k - 1] / unit - 1.6449)).toBeLessThan(0.12);
      expect(openLoop.mean.high[k - 1]).toBeLessThan(1e-6);
    }
  });

  it("lets a random elite predict each step", async () => {
    const drift = (position: number) => ({ bias: [position, 0], variance: certain });
    const model = linearModel({ members: [drift(1), drift(50), drift(-1)], elites: [0, 2] });
    const { openLoop } = await reportOn(model, setOf([still(400)]), { ...options, steps: 2 });
    const { low, high } = openLoop.mean;
    expect([low[0], high[0]].map((value) => value * Math.SQRT2)).toEqual([1, 1].map((one) => expect.closeTo(one, 5) as number));
    // a step there and one back, or two the same way
    expect([low[1], high[1]].map((value) => value * Math.SQRT2)).toEqual([0, 2].map((one) => expect.closeTo(one, 5) as number));
  });

  it("counts rollouts that leave the data, and their errors", async () => {
    const model = linearModel({ members: [{ bias: [0, 0.95], variance: certain }] });
    const { openLoop } = await reportOn(model, setOf([still(30)]), options);
    // the velocity passes ten standard deviations in the 11th step, which rows 0 to 19 get to
    expect(openLoop.mean.left).toBe(20);
    expect(openLoop.sampled.left).toBe(20);
    expect(openLoop.counts).toHaveLength(30);
    expect(openLoop.mean.median[29]).toBeCloseTo((30 * 0.95) / Math.SQRT2, 4);
  });

  it("ends before a next state that is not known", async () => {
    const set = setOf([still(5), still(5)]);
    const unknownNextObservations = new Uint8Array(10).with(4, 1);
    const model = linearModel({ members: [{ bias: [0, 0], variance: certain }] });
    const { openLoop, unseen } = await reportOn(model, { ...set, unknownNextObservations }, options);
    expect(unseen.rows).toBe(9);
    expect(openLoop.counts).toEqual([9, 7, 5, 3, 1]);
    const nothing = { ...set, unknownNextObservations: new Uint8Array(10).fill(1) };
    await expect(reportOn(model, { ...nothing, episodes: set.episodes.map((one) => ({ ...one, start: one.end - 1 })) }, options)).rejects.toThrow(
      "no unseen row's next state is known",
    );
  });
});

describe("one-step error", () => {
  it("is in standardised units, the reward's included, by hand", async () => {
    const standardization = {
      inputMean: Float32Array.of(1, -1, 0.5),
      inputScale: Float32Array.of(2, 4, 0.5),
      targetMean: Float32Array.of(0.5, 0, 1),
      targetScale: Float32Array.of(0.5, 2, 4),
    };
    const members = [
      { gain: [[0, 0, 1], [0, 0, 0], [0, 0, 2]], bias: [1, 2, 0], variance: [0.25, 4, 16] },
      { bias: [0.5, 2, 6], variance: [1, 1, 1] },
    ];
    const model = linearModel({ members, standardization });
    // changes (1, 0) and (0, 2); rewards 3 and 5
    const set = setOf([{ states: [[1, 1], [2, 1], [2, 3]], actions: [0.5, 1], rewards: [3, 5] }]);
    const { oneStep } = await reportOn(model, set, options);
    // first member: means (1, 2, 2), (1, 2, 4), so wrong by (0, 1, 1/4), (2, 0, 1/4) of the scales
    const first = (0 + 1 + 1 / 16 + 4 + 0 + 1 / 16) / 6;
    // its variances are those of the data in standardised units, 1
    expect(oneStep.members[0].error).toBeCloseTo(first, 5);
    expect(oneStep.members[0].negativeLogLikelihood).toBeCloseTo((first + Math.log(2 * Math.PI)) / 2, 5);
    // second: means (0.5, 2, 6), wrong by (1, 1, 3/4), (1, 0, 1/4), with standardised variances 4, 1/4 and 1/16
    expect(oneStep.members[1].error).toBeCloseTo((1 + 1 + 9 / 16 + 1 + 0 + 1 / 16) / 6, 5);
    const squares = 1 / 4 + 4 + 9 + 1 / 4 + 0 + 1;
    const logs = 2 * Math.log(4 * (1 / 4) * (1 / 16));
    expect(oneStep.members[1].negativeLogLikelihood).toBeCloseTo((squares + logs) / 12 + Math.log(2 * Math.PI) / 2, 5);
    // the mean change (0.5, 0, 1) is wrong by (1, 0, 1/2), (1, 1, 1)
    const baseline = (1 + 0 + 1 / 4 + 1 + 1 + 1) / 6;
    expect(oneStep.meanChange.error).toBeCloseTo(baseline, 5);
    expect(oneStep.meanChange.negativeLogLikelihood).toBeCloseTo((baseline + Math.log(2 * Math.PI)) / 2, 5);
  });
});

describe("calibration", () => {
  /** A random walk of both components with standard deviations 0.1 and 0.2. */
  function walk(length: number) {
    const noise = createRandom(8);
    const states = [[0, 0]];
    for (let i = 0; i < length; i++) states.push([0.1 * noise.normal(), 0.2 * noise.normal()]);
    return states;
  }

  it("is nominal where σ is right, and known where it is half", async () => {
    // each state is drawn anew, so that the change is −s plus noise
    const away = [
      [-1, 0],
      [0, -1],
      [0, 0],
    ];
    const states = walk(6000);
    const model = linearModel({ members: [{ gain: away, bias: [0, 0], variance: [0.1 ** 2, 0.1 ** 2] }] });
    const { calibration } = await reportOn(model, setOf([{ states }]), { ...options, steps: 1, starts: 1 });
    const { levels, coverage, components } = calibration;
    expect(levels[0]).toBe(0.1);
    levels.forEach((level, i) => {
      expect(Math.abs(components[0][i] - level)).toBeLessThan(0.02);
      expect(coverage[i]).toBeCloseTo((components[0][i] + components[1][i]) / 2, 9);
    });
    // 2Φ(z/2) − 1 for z = 0.6745, 1.6449, 2.5758
    for (const [level, known] of [
      [0.5, 0.2641],
      [0.9, 0.5891],
      [0.99, 0.8022],
    ]) {
      expect(Math.abs(components[1][levels.indexOf(level)] - known)).toBeLessThan(0.02);
    }
  });

  it("takes the elites for a mixture", async () => {
    const at = (position: number) => ({ bias: [position, 0], variance: [0.1 ** 2, 1] });
    const model = linearModel({ members: [at(30), at(-1), at(1)], elites: [1, 2] });
    // 0 is the median of ½N(−1, 0.1²) + ½N(1, 0.1²); 1.2 is two deviations above the upper half: at its quantile 0.9886, the
    // end of the central interval of 97.7 %. Of one Gaussian of the same mean and variance it were that of 76.7 %.
    const set = setOf([{ states: [[0, 0], [0, 0], [1.2, 0]] }]);
    const { levels, components, single } = (await reportOn(model, set, options)).calibration;
    levels.forEach((level, i) => expect(components[0][i]).toBe(level > 0.977 ? 1 : 0.5));
    // by themselves: 0 is ten deviations from both, 1.2 two from one: in its interval of 95.4 %; no change of the other component is the middle
    levels.forEach((level, i) => expect(single[i]).toBe(level > 0.954 ? (1 / 4 + 1) / 2 : 0.5));
  });

  it("rests on Φ", () => {
    // from tables
    for (const [z, p] of [
      [0, 0.5],
      [1, 0.84134475],
      [-1.959964, 0.025],
      [-3, 0.0013499],
      [3, 0.9986501],
      [40, 1],
      [-40, 0],
    ]) {
      expect(Math.abs(normalCdf(z) - p)).toBeLessThan(2e-7);
    }
  });
});

describe("unseen rows", () => {
  const episodes = [10, 20, 15].map((length) => still(length));
  const set = setOf(episodes);
  const all = [
    { start: 0, end: 10 },
    { start: 10, end: 30 },
    { start: 30, end: 45 },
  ];
  const unseen = (rows: number, ranges: { start: number; end: number }[], of = set) => unseenRows({ holdout: { rows, ranges } }, of);

  it("are those that the model says were held out", () => {
    expect(unseen(45, [all[1]])).toEqual({ source: "held-out", ranges: [all[1]] });
    // demonstrations were appended for training, and one of them held out
    expect(unseen(100, [all[0], { start: 45, end: 100 }])).toEqual({ source: "held-out", ranges: [all[0]] });
    // of a single episode the last part
    const single = setOf([still(40)]);
    expect(unseen(40, [{ start: 38, end: 40 }], single)).toEqual({ source: "held-out", ranges: [{ start: 38, end: 40 }] });
  });

  it("are all of another set", () => {
    expect(unseen(45, [{ start: 10, end: 29 }])).toEqual({ source: "other-dataset", ranges: all });
    expect(unseen(45, [all[0], { start: 5, end: 30 }]).source).toBe("other-dataset");
    expect(unseen(200, [{ start: 100, end: 150 }])).toEqual({ source: "other-dataset", ranges: all });
  });

  it("are recorded by training, and survive a file and a checkpoint", async () => {
    const varied = await played(10, 3);
    const learned = setOf(varied);
    const config = worldModelSchema.parse({ members: 2, elites: 1, hidden: [4], weightDecay: [0], steps: 10, measureEvery: 10, holdoutFraction: 0.3 });
    const fit = await fitWorldModel({ environment: "Regulator-v0", set: learned, config, rewards: false, random: createRandom(2) });
    try {
      while (!fit.done) await fit.advance();
      const { model } = fit;
      const { rows, ranges } = model.holdout;
      expect(rows).toBe(500);
      expect(ranges).toHaveLength(3);
      for (const { start, end } of ranges) expect([start % 50, end - start]).toEqual([0, 50]);
      // what was learned from is the rest: its mean state is the model's
      const held = new Set(ranges.map(({ start }) => start / 50));
      const rest = varied.filter((_, i) => !held.has(i)).flatMap(({ states }) => states.slice(0, -1));
      const mean = (j: number) => rest.reduce((sum, state) => sum + state[j], 0) / rest.length;
      expect(model.standardization.inputMean[0]).toBeCloseTo(mean(0), 4);
      expect(model.standardization.inputMean[1]).toBeCloseTo(mean(1), 4);

      const folder = mkdtempSync(join(tmpdir(), "motive-test-"));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));
      const file = join(folder, "model.safetensors");
      saveSafetensors(file, model.weights(), model.metadata());
      expect(loadWorldModel(file).holdout).toEqual({ rows, ranges });
      expect(modelFromSnapshot(modelSnapshot(model)).holdout).toEqual({ rows, ranges });
      // a model that does not say it is refused, for its report would have to guess
      const older = Object.entries(model.metadata()).filter(([name]) => name !== "holdout");
      saveSafetensors(file, model.weights(), Object.fromEntries(older));
      expect(() => loadWorldModel(file)).toThrow(`${file}: does not say what was held out of its training; train the model again`);
      // a set with demonstrations behind it is still the set
      const report = await reportOn(model, concatenate([learned, setOf([still(7)])]), { ...options, steps: 5 });
      expect(report.unseen).toEqual({ source: "held-out", episodes: 3, rows: 150, measured: 150, trainedOn: 500 });
    } finally {
      await fit.close();
    }
  });
});
