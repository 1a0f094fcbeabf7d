import { describe, expect, it } from "vitest";
import type { DatasetSummary } from "../../datasets/index.ts";
import { drawDataset, histogram } from "../../tools/dataset-picture.ts";

describe("histogram", () => {
  it("counts what lies in each part, the upper limit in the last", () => {
    expect(histogram(Float64Array.of(0, 0.9, 1, 2.5, 4), [0, 4], 4)).toEqual([2, 1, 1, 1]);
    expect(histogram(Float64Array.of(-1, 9), [0, 4], 4)).toEqual([1, 0, 0, 1]);
  });
});

const summary: DatasetSummary = {
  format: "d4rl",
  environment: "Hopper-v5",
  episodes: 3,
  transitions: 60,
  observationSize: 2,
  actionSize: 1,
  returns: { min: 0, mean: 50, max: 100 },
  lengths: { min: 10, mean: 20, max: 30 },
  terminations: 3,
  truncations: 0,
  normalizedScore: 0.5,
  referenceScores: { min: 0, max: 100, source: "D4RL" },
  infos: [],
  notes: [],
};

/** The numbers in the path of a class. */
function pathOf(svg: string, kind: string): number[] {
  const [, path] = new RegExp(`class="${kind}"[^>]* d="([^"]*)"`).exec(svg) ?? [];
  return [...(path ?? "").matchAll(/-?\d+(?:\.\d+)?/g)].map(([digits]) => Number(digits));
}

function draw(returns: Float64Array, points: [x: number, y: number][] = [[0, 0]]): string {
  const lengths = returns.map(() => 20);
  const x = Float64Array.from(points, ([first]) => first);
  const y = Float64Array.from(points, ([, second]) => second);
  return drawDataset({ title: "a < b", summary, returns, lengths, coverage: { x, y, share: [0.5, 0.25] } });
}

describe("drawDataset", () => {
  it("says what the set is", () => {
    const svg = draw(Float64Array.of(0, 100, 50));
    expect(svg).toContain("a &lt; b");
    expect(svg).toContain(
      "Hopper-v5 · 60 transitions in 3 episodes · mean return 50.0, 50.0 on D4RL's scale",
    );
    expect(svg).toContain("first axis: 50 % of the variance");
    expect(svg).not.toContain("NaN");
  });

  it("puts each episode at its place and its return", () => {
    const [x0, y0, , x1, y1, , x2, y2] = pathOf(draw(Float64Array.of(0, 100, 50)), "dots");
    expect(x1 - x0).toBeCloseTo(x2 - x1, 0);
    expect(y2).toBeCloseTo((y0 + y1) / 2, 0);
    expect(y1).toBeLessThan(y0);
  });

  it("draws many episodes as the range and the mean of neighbours", () => {
    // Neighbours are 0, 100 and 50, whatever five of them.
    const svg = draw(Float64Array.from({ length: 3000 }, (_, i) => [0, 100, 50][i % 3]));
    expect(svg).not.toContain('class="dots"');
    const [, top] = pathOf(svg, "band");
    const bottom = pathOf(svg, "band").at(-1)!;
    const means = pathOf(svg, "line").filter((_, i) => i % 2 === 1);
    expect(means).toHaveLength(200);
    for (const mean of means) {
      expect(mean).toBeGreaterThan(top);
      expect(mean).toBeLessThan(bottom);
    }
    expect(means.reduce((a, b) => a + b, 0) / 200).toBeCloseTo((top + bottom) / 2, 0);
  });

  it("shades places by how many states lie there", () => {
    const crowd = Array.from({ length: 500 }, (): [number, number] => [0, 0]);
    const svg = draw(Float64Array.of(1, 2), [...crowd, [10, 10], [-10, -10]]);
    const cells = [...svg.matchAll(/fill-opacity="([\d.]+)" d="(M[^"]+)"/g)].map(([, opacity, path]) => ({
      opacity: Number(opacity),
      count: path.split("M").length - 1,
    }));
    expect(cells).toEqual([
      { opacity: 0.13, count: 2 },
      { opacity: 1, count: 1 },
    ]);
  });

  it("draws sets whose episodes are all alike", () => {
    expect(draw(Float64Array.of(7))).not.toMatch(/NaN|Infinity/);
    expect(draw(new Float64Array(2000).fill(-3))).not.toMatch(/NaN|Infinity/);
  });
});
