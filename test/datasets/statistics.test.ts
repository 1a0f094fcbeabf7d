import { describe, expect, it } from "vitest";
import { pieces } from "../../datasets/dataset.ts";
import { openD4rl, readD4rl } from "../../datasets/d4rl/index.ts";
import { normalize, observationNormalization } from "../../datasets/statistics.ts";
import { hopperRandom } from "./hdf5-files.ts";

describe("observationNormalization", () => {
  it("gives NumPy's mean and standard deviation of a file of D4RL", async () => {
    // observations.astype("f8").mean(0) and .std(0) + 1e-3 of the first, the fourth and the last component
    const { mean, scale } = observationNormalization([await readD4rl(hopperRandom)]);
    expect([mean[0], mean[3], mean[10]]).toEqual([
      expect.closeTo(1.2244427692890167, 12),
      expect.closeTo(-0.060879787562115796, 12),
      expect.closeTo(0.46340739136572484, 12),
    ]);
    expect([scale[0], scale[3], scale[10]]).toEqual([
      expect.closeTo(0.021490477059625264, 12),
      expect.closeTo(0.0929276346237981, 12),
      expect.closeTo(1.720340335790687, 12),
    ]);
  });

  it("is the same for a set in pieces", async () => {
    const dataset = await openD4rl(hopperRandom);
    const whole = observationNormalization([dataset.read(0, dataset.size)], 0);
    const inPieces = observationNormalization(pieces(dataset, 20_000), 0);
    expect([...pieces(dataset, 20_000)].length).toBeGreaterThan(5);
    dataset.close();
    whole.mean.forEach((value, i) => expect(inPieces.mean[i]).toBeCloseTo(value, 12));
    whole.scale.forEach((value, i) => expect(inPieces.scale[i]).toBeCloseTo(value, 12));
  });

  it("does not lose the variance of values far from 0", () => {
    const of = (...values: number[]) => ({
      size: values.length,
      observationSize: 1,
      observations: Float64Array.from(values),
    });
    const { mean, scale } = observationNormalization([of(1e9, 1e9 + 2), of(1e9 + 4)], 0);
    expect(mean[0]).toBe(1e9 + 2);
    expect(scale[0]).toBeCloseTo(Math.sqrt(8 / 3), 9);
  });
});

describe("normalize", () => {
  it("subtracts the mean and divides by the scale, component by component", () => {
    const scaled = normalize(Float32Array.of(1, 10, 3, 30), {
      mean: Float64Array.of(1, 20),
      scale: Float64Array.of(2, 5),
    });
    expect(scaled).toEqual(Float32Array.of(0, -2, 1, 2));
  });
});
