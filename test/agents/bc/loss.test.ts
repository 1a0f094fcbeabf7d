import { describe, expect, it } from "vitest";
import { negativeLogLikelihood, preSquash, squaredError } from "../../../agents/bc/loss.ts";
import * as op from "../../../src/nn/operations.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import { expectClose, runGraph } from "../../nn/graphs.ts";

describe("the pre-squash value of an action", () => {
  it("gives the action back through tanh, stretched to its bounds", () => {
    for (const [low, high] of [[-1, 1], [-0.4, 0.4], [-1, 3]]) {
      for (const share of [0.01, 0.3, 0.5, 0.99]) {
        const action = low + share * (high - low);
        const u = preSquash(action, low, high);
        expect((low + high) / 2 + ((high - low) / 2) * Math.tanh(u)).toBeCloseTo(action, 12);
      }
    }
  });

  it("is finite at the bounds and beyond, where tanh⁻¹ is not", () => {
    // tanh⁻¹(1 − δ) = ½ log((2 − δ)/δ), δ = 10⁻⁴
    const largest = Math.log((2 - 1e-4) / 1e-4) / 2;
    for (const action of [3, 3.0001, 100]) expect(preSquash(action, -1, 3)).toBeCloseTo(largest, 8);
    for (const action of [-1, -1.0001, -100]) expect(preSquash(action, -1, 3)).toBeCloseTo(-largest, 8);
    expect(preSquash(Math.fround(0.4), -0.4, 0.4)).toBeCloseTo(largest, 8);
  });
});

describe("the losses of behaviour cloning", () => {
  it("are −E log π and E ‖a − μ‖²", async () => {
    const logProb = op.constant([-1, 2.5], [2, 1]);
    const action = op.constant([1, 2, 3, 4], [2, 2]);
    const mean = op.constant([0, 0, 1, 1], [2, 2]);
    const [likelihood, square] = await runGraph(onnxExecutor, [negativeLogLikelihood(logProb), squaredError(action, mean)], {});
    expectClose(likelihood, [-0.75]);
    // (1 + 4 + 4 + 9)/2
    expectClose(square, [9]);
  });
});
