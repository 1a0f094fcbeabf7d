import { describe, expect, it } from "vitest";
import type { Gaussian } from "../../../agents/world-model/losses.ts";
import { penalty, penaltyKinds, type PenaltyKind } from "../../../agents/world-model/penalties.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import * as op from "../../../src/nn/operations.ts";
import { expectClose, runGraph } from "../../nn/graphs.ts";

/** μ and σ of two rows of two components. */
const gaussian = (mean: readonly number[], sigma: readonly number[]): Gaussian => ({
  mean: op.constant(Float32Array.from(mean), [2, 2]),
  logVariance: op.constant(Float32Array.from(sigma, (x) => 2 * Math.log(x)), [2, 2]),
});

// the members agree on the second row
const first = gaussian([1, 2, 7, 8], [3, 4, 1, 1]);
const second = gaussian([6, 14, 7, 8], [1, 2, 1, 1]);
const third = gaussian([4, 6, 7, 8], [2, 3, 1, 1]);

async function values(kind: PenaltyKind, ...members: Gaussian[]): Promise<number[]> {
  const result = penalty(kind, members);
  expect(result.shape).toEqual([2, 1]);
  return [...(await runGraph(onnxExecutor, [result], {}))[0]];
}

describe("the penalties of two members", () => {
  it.each<[PenaltyKind, number, number]>([
    // ‖(3, 4)‖ = 5 beside ‖(1, 2)‖ = √5; ‖(1, 1)‖ = √2
    ["max-aleatoric", 5, Math.SQRT2],
    // (9 + 1)/2 + 2.5² = 11.25 and (16 + 4)/2 + 6² = 46
    ["ensemble-variance", (11.25 + 46) / 2, 1],
    // √11.25 = 3.354102, √46 = 6.78233
    ["ensemble-standard-deviation", (3.354102 + 6.78233) / 2, 1],
    // ‖(5, 12)‖
    ["disagreement", 13, 0],
  ])("%s", async (kind, one, other) => {
    expectClose(await values(kind, first, second), [one, other], { relative: 1e-6, absolute: 0 });
  });
});

describe.each(penaltyKinds)("the penalty %s", (kind) => {
  it("is the same in every order of the members, and counts each", async () => {
    const expected = await values(kind, first, second, third);
    for (const order of [
      [second, third, first],
      [third, first, second],
      [second, first, third],
    ])
      expectClose(await values(kind, ...order), expected, { relative: 1e-6, absolute: 0 });
    // repeating a member changes means, and no maximum
    const again = (await values(kind, first, second, third, third))[0];
    if (kind.startsWith("ensemble")) expect(again).not.toBeCloseTo(expected[0], 3);
    else expect(again).toBeCloseTo(expected[0], 5);
  });

  it("is that of one member when all are alike, and says nothing of disagreement then", async () => {
    // mean of 9 and 16, of 3 and 4
    const alone = { "max-aleatoric": 5, "ensemble-variance": 12.5, "ensemble-standard-deviation": 3.5, disagreement: 0 }[kind];
    expect((await values(kind, first))[0]).toBeCloseTo(alone, 5);
    expect((await values(kind, first, first, first))[0]).toBeCloseTo(alone, 5);
  });
});

it("disagreement finds the two members farthest apart, wherever they stand", async () => {
  for (const members of [
    [first, third, second],
    [first, second, third],
    [third, first, second],
  ])
    expect((await values("disagreement", ...members))[0]).toBeCloseTo(13, 5);
});
