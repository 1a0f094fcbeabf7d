import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ModelReport } from "../../agents/world-model/report.ts";
import { writeD4rl } from "../../datasets/d4rl/index.ts";
import { exportWeights } from "../../tools/exports.ts";
import { drawModel } from "../../tools/model-picture.ts";
import { linearModel, setOf } from "../agents/world-model/linear-model.ts";
import { hopperRandom } from "../datasets/hdf5-files.ts";
import { motive, motiveJson, temporaryFolder } from "./command-line.ts";

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);

/** Velocities of 0 and ±1 that stay, three episodes of 25 steps; the position has no part in anything. */
const set = setOf([0, 1, -1].map((velocity) => ({ states: Array.from({ length: 26 }, () => [0, velocity]) })));
const drift = 0.1;
const sigma = 1e-6;
const model = linearModel({
  members: [
    { bias: [0.5, 0], variance: [1, 1] },
    { bias: [drift, 0], variance: [sigma ** 2, 1] },
  ],
  elites: [1],
  holdout: { rows: 75, ranges: [{ start: 25, end: 50 }] },
});

beforeAll(() => {
  writeD4rl(inFolder("set.hdf5"), set);
  exportWeights(model, inFolder("model.safetensors"));
  const noisy = linearModel({ members: [{ bias: [0, 0], variance: [1, 1] }] });
  exportWeights(noisy, inFolder("noisy.safetensors"));
});

describe("motive model", () => {
  it("prints for programs what is measured", () => {
    const report = motiveJson(folder, "model", "model.safetensors", "--dataset", "set.hdf5", "--steps", "30", "--starts", "10");
    expect(report).toMatchObject({
      model: "model.safetensors",
      environment: "Regulator-v0",
      dataset: "set.hdf5",
      seed: 0,
      elites: [1],
      unseen: { source: "held-out", episodes: 1, rows: 25, measured: 25, trainedOn: 75 },
      oneStep: {
        members: [{ error: expect.closeTo(0.5 ** 2 / 2, 5) as number }, { error: expect.closeTo(drift ** 2 / 2, 5) as number }],
        meanChange: { error: 0, negativeLogLikelihood: expect.closeTo(Math.log(2 * Math.PI) / 2, 9) as number },
      },
    });
    const { openLoop, calibration } = report as ModelReport;
    expect(openLoop.counts[0]).toBe(10);
    // positions never change in the set: their standard deviation counts as 1
    openLoop.mean.median.forEach((error, i) => expect(error).toBeCloseTo((drift * (i + 1)) / Math.SQRT2, 4));
    // of the position's no change none is where the elite is sure of one; of the velocity's it is the middle
    expect(calibration.components.map((shares) => shares[calibration.levels.indexOf(0.9)])).toEqual([0, 1]);
    expect(calibration.coverage[calibration.levels.indexOf(0.9)]).toBe(0.5);
    // there is one elite, so the mixture is it
    expect(calibration.single).toEqual(calibration.coverage);
  });

  it("gives the same numbers each time, and others for another seed", () => {
    const measure = (...words: string[]) => motiveJson(folder, "model", "noisy.safetensors", "--dataset", "set.hdf5", ...words) as ModelReport;
    const first = measure();
    expect(first.unseen.source).toBe("other-dataset");
    expect(measure()).toEqual(first);
    expect(measure("--seed", "1").openLoop.sampled).not.toEqual(first.openLoop.sampled);
  });

  it("prints for people a page and draws a picture", () => {
    const { stdout, stderr, code } = motive(folder, "model", "model.safetensors", "--dataset", "set.hdf5", "--svg", "pictures/model.svg");
    expect([stderr, code]).toEqual(["", 0]);
    expect(stdout).toContain("25 transitions in 1 episode of set.hdf5, held out of the model's training");
    expect(stdout).toMatch(/^ +member 0 +0\.1250 /m);
    expect(stdout).toMatch(/^ +member 1 +elite +0\.0050 /m);
    expect(stdout).toMatch(/^ +mean change +0\.0000 +0\.919$/m);
    // 25 is the last step that is recorded
    const steps = [...stdout.matchAll(/^ +(\d+) +(\d+) +([\d.]+) /gm)].map(([, k, starts, error]) => [k, starts, error].map(Number));
    expect(steps.map(([k, starts]) => [k, starts])).toEqual([
      [1, 25],
      [5, 21],
      [10, 16],
      [20, 6],
      [25, 1],
    ]);
    expect(stdout).toContain("out of the data's range went 0 sampled");
    expect(stdout).toContain("50.0 % of next states within an elite's 90 % interval, 50.0 % within that of their mixture; by component 0.0 % to 100.0 %");
    expect(readFileSync(inFolder("pictures/model.svg"), "utf8")).toMatch(/^<svg[^]*Regulator-v0 · 25 transitions in 1 episode[^]*<\/svg>\n$/);
  });

  it("says when the set is another one", () => {
    writeD4rl(inFolder("other.hdf5"), setOf([{ states: Array.from({ length: 31 }, () => [0, 1]) }]));
    expect(motive(folder, "model", "model.safetensors", "--dataset", "other.hdf5").stdout).toContain(
      "30 transitions in 1 episode of other.hdf5, of a dataset that the model was not trained on: all episodes are taken for unseen",
    );
  });

  it("refuses in one line what does not fit", () => {
    const refusal = (code: 1 | 2, ...words: string[]): string => {
      const outcome = motive(folder, "model", ...words, "--svg", "refused.svg");
      expect(outcome.stdout).toBe("");
      expect(outcome.stderr).toMatch(/^motive: [^\n]+\n$/);
      expect(outcome.code).toBe(code);
      expect(existsSync(inFolder("refused.svg"))).toBe(false);
      return outcome.stderr.slice("motive: ".length).trimEnd();
    };
    const policy = new URL("../../datasets/policies/hopper-v5-expert.safetensors", import.meta.url);
    copyFileSync(policy, inFolder("policy.safetensors"));
    expect(refusal(1, "policy.safetensors", "--dataset", "set.hdf5")).toBe('policy.safetensors: no world model, its metadata says kind "policy"');
    expect(refusal(1, "set.hdf5", "--dataset", "set.hdf5")).toContain("set.hdf5: is not a safetensors file");
    expect(refusal(1, "none", "--dataset", "set.hdf5")).toBe("none: cannot be read: no such file or directory");
    expect(refusal(2, "model.safetensors")).toBe("required option '--dataset <file>' not specified");
    expect(refusal(1, "model.safetensors", "--dataset", "model.safetensors")).toBe("model.safetensors: is not an HDF5 file");
    // without an environment's name its columns tell
    expect(refusal(1, "model.safetensors", "--dataset", hopperRandom)).toMatch(/"observations" has 11 columns, .*expects 2$/);
    writeD4rl(inFolder("elsewhere.hdf5"), { ...set, environment: "Hopper-v5" });
    expect(refusal(1, "model.safetensors", "--dataset", "elsewhere.hdf5")).toContain("elsewhere.hdf5: recorded in Hopper-v5");
    expect(refusal(2, "model.safetensors", "--dataset", "set.hdf5", "--steps", "0")).toContain("Expected an integer of at least 1.");
  });
});

describe("drawModel", () => {
  const levels = [0.1, 0.5, 0.9];
  const curve = (...median: number[]) => ({ median, low: median.map((value) => value / 2), high: median.map((value) => value * 2), left: 0 });
  const draw = (sampled: number[], components = [[0.1, 0.5, 0.9]]) =>
    drawModel({
      title: "a < b",
      subtitle: "of something",
      report: {
        openLoop: { counts: sampled.map(() => 1), sampled: curve(...sampled), mean: curve(...sampled), unchanged: curve(...sampled.map(() => 2)) },
        calibration: { levels, coverage: levels, single: levels, components },
      },
    });
  /** The numbers in the n-th path of a class that is no legend. */
  const pathOf = (svg: string, kind: string, n = 0): number[] => {
    const paths = [...svg.matchAll(new RegExp(`class="${kind}" d="(M[^"h]*(?:h0[^"]*)?)"`, "g"))].map(([, path]) => path);
    return [...(paths[n] ?? "").replaceAll("h0", "").matchAll(/-?\d+(?:\.\d+)?/g)].map(([digits]) => Number(digits));
  };

  it("draws each step's error at its place", () => {
    const svg = draw([1, 2, 3]);
    expect(svg).toContain("a &lt; b");
    const [x1, y1, x2, y2, x3, y3] = pathOf(svg, "line");
    expect(x3 - x2).toBeCloseTo(x2 - x1, 0);
    expect(y3 - y2).toBeCloseTo(y2 - y1, 0);
    expect(y2).toBeLessThan(y1);
    // the baseline is 2 throughout
    const [, b1, , b2] = pathOf(svg, "baseline");
    expect([b1, b2]).toEqual([y2, y2]);
    const band = pathOf(svg, "band");
    expect(band[1]).toBe(y2);
    expect(band).toHaveLength(12);
  });

  it("draws a calibrated model on the diagonal, and each component's coverage", () => {
    const svg = draw([1, 1], [[0.1, 0.5, 0.9], [0, 0.2, 0.45]]);
    const [left, bottom, right, top] = pathOf(svg, "ideal");
    const dots = pathOf(svg, "dots");
    expect(dots).toHaveLength(6);
    for (let i = 0; i < 6; i += 2) {
      expect((dots[i] - left) / (right - left)).toBeCloseTo((bottom - dots[i + 1]) / (bottom - top), 2);
    }
    // two bars, the first up to the line at 90 %, the second half as high
    const [, , first, , , , , second] = pathOf(svg, "bars");
    const [, line] = pathOf(svg, "ideal", 1);
    expect(first).toBeCloseTo(line, 1);
    expect(bottom - second).toBeCloseTo((bottom - first) / 2, 0);
  });

  it("draws one step, no error and errors without bound", () => {
    for (const errors of [[0], [0, 0], [1e30, 1e35]]) expect(draw(errors)).not.toMatch(/NaN|Infinity/);
  });
});
