import { describe, expect, it } from "vitest";
import { boundsPenalty, negativeLogLikelihood, softBounds } from "../../../agents/world-model/losses.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import * as op from "../../../src/nn/operations.ts";
import type { Tensor } from "../../../src/nn/tensor.ts";
import { expectClose, runGraph } from "../../nn/graphs.ts";

const value = async (tensor: Tensor): Promise<number[]> => [...(await runGraph(onnxExecutor, [tensor], {}))[0]];

const matrix = (rows: readonly (readonly number[])[]): Tensor => op.constant(Float32Array.from(rows.flat()), [rows.length, rows[0].length]);

describe("the soft bounds of log σ²", () => {
  it("have the values worked out by hand", async () => {
    // ½ − ln(1 + e^½) = −0.474077, −10 + ln(1 + e^9.525923) = −0.474004; and between 1 and −1, of 2:
    // 1 − ln(1 + e⁻¹) = 0.686738, −1 + ln(1 + e^1.686738) = 0.856584
    const bounded = softBounds(matrix([[0, 2]]), matrix([[0.5, 1]]), matrix([[-10, -1]]));
    expectClose(await value(bounded), [-0.474004, 0.856584], { relative: 0, absolute: 2e-6 });
  });

  it("leave what is far inside alone, and let nothing leave them by more than an epsilon", async () => {
    const raw = [-60, -30, -10, -5, -3, 0, 10, 60];
    const bounded = await value(softBounds(matrix(raw.map((x) => [x])), matrix([[0.5]]), matrix([[-10]])));
    expect(bounded[4]).toBeCloseTo(-3, 1);
    expect(Math.min(...bounded)).toBeGreaterThanOrEqual(-10);
    expect(bounded[0]).toBeCloseTo(-10, 4);
    // the upper bound is passed by ln(1 + e^−10.5) at most
    expect(Math.max(...bounded)).toBeLessThan(0.5 + 3e-5);
    expect(bounded[7]).toBeCloseTo(0.5, 4);
    for (let i = 2; i < 7; i++) expect(bounded[i]).toBeGreaterThan(bounded[i - 1]);
  });

  it("cost 0.01 of the sum of their widths", async () => {
    // 0.01·(0.5 + 1 + 10 + 2)
    expect((await value(boundsPenalty(matrix([[0.5, 1]]), matrix([[-10, -2]]))))[0]).toBeCloseTo(0.135, 6);
  });
});

describe("the negative log-likelihood", () => {
  const mean = [
    [1, 2],
    [0, -1],
  ];
  const y = [
    [0, 2],
    [2, 1],
  ];
  const variance = [
    [1, 4],
    [2, 1],
  ];
  const logVariance = variance.map((row) => row.map(Math.log));

  it("is the mean of (μ − y)²/σ² + log σ²", async () => {
    // 1/1 + 0, 0/4 + ln 4, 4/2 + ln 2, 4/1 + 0: (7 + 3·0.693147)/4
    const loss = negativeLogLikelihood({ mean: matrix(mean), logVariance: matrix(logVariance) }, matrix(y));
    expect((await value(loss))[0]).toBeCloseTo(2.26986, 5);
  });

  it("is −2·log of the Gaussians' density, but for log 2π", async () => {
    const density = (m: number, v: number, x: number): number => Math.exp(-((m - x) ** 2) / (2 * v)) / Math.sqrt(2 * Math.PI * v);
    const all = mean.flatMap((row, i) => row.map((m, j) => -2 * Math.log(density(m, variance[i][j], y[i][j])) - Math.log(2 * Math.PI)));
    const loss = negativeLogLikelihood({ mean: matrix(mean), logVariance: matrix(logVariance) }, matrix(y));
    expect((await value(loss))[0]).toBeCloseTo(all.reduce((a, b) => a + b) / 4, 5);
  });
});
