import { describe, expect, it } from "vitest";
import { box, unbounded } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";

describe("box", () => {
  it("contains its bounds and nothing beyond, of another length, or NaN", () => {
    const space = box([-1, 0], [1, Infinity]);
    expect(space.shape).toEqual([2]);
    expect(space.contains([-1, 0])).toBe(true);
    expect(space.contains(Float32Array.of(1, 1e30))).toBe(true);
    for (const outside of [[-1.0001, 0], [0, -1e-9], [NaN, 0], [0], [0, 0, 0]]) {
      expect(space.contains(outside)).toBe(false);
    }
  });

  it("samples uniformly, exponentially or normally, as its bounds allow", () => {
    const space = box([-2, 3, -Infinity, -Infinity], [4, Infinity, 5, Infinity]);
    const random = createRandom(1);
    const n = 40_000;
    const mean = new Float64Array(4);
    const square = new Float64Array(4);
    let inside = 0;
    for (let i = 0; i < n; i++) {
      const x = space.sample(random);
      inside += Number(space.contains(x));
      for (let k = 0; k < 4; k++) {
        mean[k] += x[k] / n;
        square[k] += (x[k] * x[k]) / n;
      }
    }
    expect(inside).toBe(n);
    const expectedMean = [1, 4, 4, 0];
    const expectedVariance = [3, 1, 1, 1];
    for (let k = 0; k < 4; k++) {
      expect(Math.abs(mean[k] - expectedMean[k])).toBeLessThan(4 * Math.sqrt(expectedVariance[k] / n));
      expect(Math.abs(square[k] - mean[k] ** 2 - expectedVariance[k])).toBeLessThan(0.08);
    }
  });

  it("refuses bounds that are not bounds", () => {
    expect(() => box([0], [1, 2])).toThrow("equal length");
    expect(() => box([1], [0])).toThrow("low <= high");
    expect(() => box([NaN], [0])).toThrow("low <= high");
    expect(unbounded(3).contains([-1e300, 0, 1e300])).toBe(true);
  });
});
