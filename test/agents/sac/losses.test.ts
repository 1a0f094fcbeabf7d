import { describe, expect, it } from "vitest";
import { criticLoss, policyLoss, smaller, softTarget, temperatureLoss } from "../../../agents/sac/losses.ts";
import { gradient } from "../../../src/nn/gradient.ts";
import * as op from "../../../src/nn/operations.ts";
import type { Tensor } from "../../../src/nn/tensor.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import { expectClose, runGraph } from "../../nn/graphs.ts";
import type { Values } from "../../nn/reference.ts";

const column = (name: string): Tensor => op.input(name, [2, 1]);

async function values(outputs: readonly Tensor[], inputs: Values): Promise<number[][]> {
  return (await runGraph(onnxExecutor, outputs, inputs)).map((array) => [...array]);
}

describe("the soft Bellman target", () => {
  const [r, discount, q1, q2, logProb] = ["r", "discount", "q1", "q2", "logProb"].map(column);
  const alpha = op.input("alpha", [1, 1]);
  const y = softTarget(r, discount, smaller([q1, q2]), logProb, alpha);
  const numbers = { r: [1, 2], discount: [0.9, 0], q1: [3, -1], q2: [2, 5], logProb: [-0.5, 1], alpha: [0.1] };

  it("is r + γ(1 − d)(min Q − α log π)", async () => {
    const [target] = await values([y], numbers);
    // 1 + 0.9·(2 + 0.1·0.5) = 2.845; the second row terminated: its reward alone
    expectClose(target, [2.845, 2]);
  });

  it("is a constant for the critics' gradient, which reaches the critics alone", async () => {
    const q = column("q");
    const gradients = gradient(criticLoss([q], y), [q, q1, q2, logProb, alpha, r, discount]);
    const [dq, ...others] = await values(gradients, { ...numbers, q: [2, 4] });
    // 2·(q − y)/B
    expectClose(dq, [2 - 2.845, 4 - 2]);
    for (const other of others) expect(other.every((value) => value === 0)).toBe(true);
  });
});

describe("the critics' loss", () => {
  it("adds the mean squared errors of both", async () => {
    const [q1, q2, y] = ["q1", "q2", "y"].map(column);
    const [loss] = await values([criticLoss([q1, q2], y)], { q1: [1, 2], q2: [0, 4], y: [2, 2] });
    // (1 + 0)/2 + (4 + 4)/2
    expectClose(loss, [4.5]);
  });
});

describe("the policy's loss", () => {
  const [q, logProb] = ["q", "logProb"].map(column);
  const logAlpha = op.input("logAlpha", [1, 1]);
  const loss = policyLoss(q, logProb, op.exp(logAlpha));
  const numbers = { q: [0.5, 3], logProb: [1, -2], logAlpha: [Math.log(0.2)] };

  it("is the mean of α log π − Q", async () => {
    // (0.2·1 − 0.5 + 0.2·(−2) − 3)/2
    expectClose((await values([loss], numbers))[0], [-1.85]);
  });

  it("moves the density and Q, and not the temperature", async () => {
    const [dq, dLogProb, dLogAlpha] = await values(gradient(loss, [q, logProb, logAlpha]), numbers);
    expectClose(dq, [-0.5, -0.5]);
    expectClose(dLogProb, [0.1, 0.1]);
    expect(dLogAlpha).toEqual([0]);
  });
});

describe("the temperature's loss", () => {
  const logProb = column("logProb");
  const logAlpha = op.input("logAlpha", [1]);
  const loss = temperatureLoss(logAlpha, logProb, -1);
  const numbers = { logProb: [1, -2], logAlpha: [-1.5] };

  it("is −log α·(mean log π + H̄)", async () => {
    // mean log π = −0.5, excess −1.5: −(−1.5)(−1.5)
    expectClose((await values([loss], numbers))[0], [-2.25]);
  });

  it("lowers α where the policy has more entropy than its target, raises it where it has less, and leaves the policy alone", async () => {
    const gradients = gradient(loss, [logAlpha, logProb]);
    const [high, dLogProb] = await values(gradients, numbers);
    expectClose(high, [1.5]);
    expect(dLogProb).toEqual([0, 0]);
    const [low] = await values(gradients, { ...numbers, logProb: [3, 4] });
    expectClose(low, [-2.5]);
  });
});
