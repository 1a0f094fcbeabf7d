import { describe, expect, it } from "vitest";
import { drawCurves } from "../../../tools/report/curves.ts";
import { datasetKind, stepsToHold } from "../../../tools/report/records.ts";

const curve = (...returns: number[]) =>
  returns.map((evaluationReturn, i) => ({ steps: 10 * (i + 1), evaluationReturn }));

describe("steps until a level is held", () => {
  it.each([
    [[1, 5, 6], 20],
    // a drop starts the count anew
    [[5, 1, 5, 6], 30],
    [[5, 6, 4.9], null],
    [[5], 10],
    [[], null],
  ])("in %j are %s", (returns, steps) => {
    expect(stepsToHold(curve(...returns), 5)).toBe(steps);
  });
});

describe("the kind of a dataset", () => {
  it.each([
    ["sets/hopper-medium-expert-v5.hdf5", "medium-expert"],
    ["halfcheetah-medium-v5.hdf5", "medium"],
    ["my-own.hdf5", "my-own"],
    ["mujoco/hopper/expert-v0", "expert-v0"],
  ])("of %s is %s", (file, kind) => {
    expect(datasetKind(file)).toBe(kind);
  });
});

describe("learning curves", () => {
  it("draw every seed, their mean and the expert where the numbers are", () => {
    const svg = drawCurves([
      { title: "a < b", groups: [{ name: "x", curves: [curve(0, 100), curve(100, 100)] }], expertReturn: 100 },
    ]);
    expect(svg).toContain("a &lt; b");
    expect(svg.match(/class="seed"/g)).toHaveLength(2);
    const height = (kind: string): string[] => [...svg.matchAll(new RegExp(`class="${kind}"[^>]*d="([^"]*)"`, "g"))].map(([, d]) => d);
    const [expert] = height("expert");
    const level = /^M\S+ (\S+)H/.exec(expert)?.[1];
    // the mean of 0 and 100 lies halfway to the expert's line, that of 100 and 100 on it
    const [mean] = height("mean");
    const [, first, last] = /^M\S+ (\S+)L\S+ (\S+)$/.exec(mean) ?? [];
    expect(last).toBe(level);
    const zero = /^M\S+ (\S+)L/.exec(height("seed")[0])?.[1];
    expect(Number(first)).toBeCloseTo((Number(zero) + Number(level)) / 2, 0);
  });

  it.each([
    [90, "low"],
    [5, "high"],
  ])("that stay at %s of 100 have their legend elsewhere", (value, place) => {
    const curves = [curve(...new Array<number>(30).fill(value))];
    const svg = drawCurves([{ title: "A-v0", groups: [{ name: "x", curves }], expertReturn: 100 }]);
    const y = Number(/d="M\S+ (\S+)h22"/.exec(svg)?.[1]);
    // 400 pixels high
    expect(y > 200 ? "low" : "high").toBe(place);
  });

  it("have a panel for each environment, with room for returns below 0", () => {
    const groups = (...returns: number[]) => [{ name: "sac", curves: [curve(...returns)] }];
    const svg = drawCurves([
      { title: "A-v0", groups: groups(-100, 100) },
      { title: "B-v0", groups: groups(0, 5) },
    ]);
    expect(svg).toContain('viewBox="0 0 800 280"');
    const paths = [...svg.matchAll(/class="seed"[^>]*d="M(\S+) (\S+)L(\S+) (\S+)"/g)].map((match) => match.slice(1).map(Number));
    expect(paths).toHaveLength(2);
    const [[, low, right, high], [left]] = paths;
    // −100 and 100 are equally far from the grid's line of 0, and the panels do not overlap
    const zero = Number(/d="M64 (\S+)H380"\/><text [^>]*>0</.exec(svg)?.[1]);
    expect(low - zero).toBeCloseTo(zero - high, 0);
    expect(left).toBeGreaterThan(right);
    expect(low).toBeLessThan(280);
  });
});
