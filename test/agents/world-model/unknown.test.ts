import { describe, expect, it } from "vitest";
import { disagreementLimit, meanPenalty } from "../../../agents/world-model/unknown.ts";
import { createRandom } from "../../../src/random/index.ts";
import { handMade, setOf } from "./hand-made.ts";

/** Members that differ by |position|: 0, 0.001, … 0.999. */
const model = handMade({
  environment: "Regulator-v0",
  observationSize: 2,
  actionSize: 1,
  members: [{}, { matrix: [[1, 0]] }],
});
const set = setOf({
  observationSize: 2,
  actionSize: 1,
  lengths: [1000],
  row: (i) => ({ observation: [i / 1000, 5], action: [1], next: [0, 0] }),
});

describe("the mean of U over a set", () => {
  it("is that of its transitions", async () => {
    // 0 … 0.999, of 20,000 drawn ones
    expect(Math.abs((await meanPenalty(model, "disagreement", set, createRandom(1))) - 0.4995)).toBeLessThan((5 * 0.289) / Math.sqrt(20_000));
    // σ of next to nothing
    expect(await meanPenalty(model, "max-aleatoric", set, createRandom(1))).toBeLessThan(1e-6);
  });
});

describe("the limit of what a model knows", () => {
  it("is the disagreement that so many transitions of the data stay below", async () => {
    // of 20,000 drawn ones the quantiles are within 5 standard errors, √(p(1 − p)/20,000)
    for (const share of [0.25, 0.9, 0.999]) {
      const error = 5 * Math.sqrt((share * (1 - share)) / 20_000) + 0.001;
      expect(Math.abs((await disagreementLimit(model, set, share, createRandom(1))) - share)).toBeLessThan(error);
    }
  });

  it("is the same for the same random numbers", async () => {
    const limit = (seed: number) => disagreementLimit(model, set, 0.5, createRandom(seed));
    expect(await limit(1)).toBe(await limit(1));
  });
});
