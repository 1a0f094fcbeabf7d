import { describe, expect, it } from "vitest";
import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { expectClose, operations, rewritten, runGraph } from "./graphs.ts";

const x = op.input("x", [3, 4]);
const y = op.input("y", [3, 4]);
const row = op.input("row", [1, 4]);

describe("simplify", () => {
  it("subtracts instead of adding a negation", () => {
    expect(operations(rewritten([op.add(x, op.neg(y))]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.add(op.neg(x), y)]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.add(x, op.neg(row))]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.add(op.neg(row), x)]))).toEqual({ sub: 1 });
    // here the negated operand is the large one
    rewritten([op.add(row, op.neg(x)), op.add(op.neg(row), op.neg(x))]);
  });

  it("multiplies numbers before tensors, and no tensor by 1", () => {
    expect(operations(rewritten([op.mul(op.mul(op.mul(x, 3), 0.5), op.constant(-2, [3, 4]))]))).toEqual({ mul: 1 });
    expect(operations(rewritten([op.mul(op.mul(x, 4), 0.25)]))).toEqual({});
    // the inner product is used again, and a number may stretch a smaller tensor
    rewritten([op.mul(op.mul(x, 3), 2), op.mul(x, 3), op.mul(op.constant(2, [3, 4]), row), op.mul(op.mul(row, 3), op.constant(2, [3, 4]))]);
  });

  it("lets operations stretch their operands themselves, unless both were stretched", () => {
    for (const f of [op.add, op.sub, op.mul, op.div]) {
      expect(operations(rewritten([f(x, op.broadcast(row, [3, 4]))])).broadcast).toBeUndefined();
      expect(operations(rewritten([f(op.broadcast(row, [3, 4]), x)])).broadcast).toBeUndefined();
      rewritten([f(op.broadcast(row, [3, 4]), op.broadcast(op.input("z", [1, 4]), [3, 4]))]);
      rewritten([f(op.broadcast(row, [3, 4]), op.broadcast(op.input("column", [3, 1]), [3, 4]))]);
    }
  });

  it("does not multiply numbers whose product float32 cannot hold", async () => {
    const tiny = op.input("tiny", [2]);
    const [result] = await runGraph(onnxExecutor, [op.mul(op.mul(tiny, 1e30), 1e12)], { tiny: [0, 1e-35] });
    expectClose(result, [0, 1e7], { relative: 1e-6 });
  });

  it("takes signs together: −(−x), −(a − b), −(c·x), c·(−x), a − (−b)", () => {
    expect(operations(rewritten([op.neg(op.neg(x))]))).toEqual({});
    expect(operations(rewritten([op.neg(op.sub(x, y))]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.neg(op.mul(x, 3))]))).toEqual({ mul: 1 });
    expect(operations(rewritten([op.mul(op.neg(x), 3)]))).toEqual({ mul: 1 });
    expect(operations(rewritten([op.sub(x, op.neg(row))]))).toEqual({ add: 1 });
    rewritten([op.sub(row, op.neg(x)), op.neg(op.sub(row, y)), op.neg(op.mul(row, op.constant(2, [3, 4])))]);
  });

  it("doubles instead of adding a tensor to itself: the gradient of a square is one product", () => {
    expect(operations(rewritten([op.add(x, x)]))).toEqual({ mul: 1 });
    expect(operations(rewritten(gradient(op.sum(op.square(x)), [x])))).toEqual({ mul: 1 });
  });

  it("computes what depends on constants only", () => {
    const number = op.sub(op.mul(op.constant(3, [3, 4]), 0.5), op.div(1, op.neg(op.constant(8))));
    expect(operations(rewritten([op.add(x, number)]))).toEqual({ add: 1 });
    const weights = op.constant([1, 2, 3, 4, 5, 6, 7, 8], [1, 8]);
    const matrix = op.reshape(op.slice(weights, 1, 2, 8), [2, 3]);
    const lower = op.slice(op.reshape(weights, [2, 4]), 0, 1, 2);
    // this one is not contiguous
    const column = op.slice(op.reshape(weights, [2, 4]), 1, 1, 2);
    expect(operations(rewritten([matrix, lower]))).toEqual({});
    rewritten([column]);
  });

  it("stretches last", () => {
    expect(operations(rewritten([op.exp(op.mul(op.broadcast(row, [3, 4]), 2)), op.add(row, op.constant(1, [3, 4]))]))).toEqual({
      mul: 1,
      add: 1,
      broadcast: 2,
      exp: 1,
    });
    rewritten([op.sub(op.constant(1, [3, 4]), row), op.div(op.constant(1, [3, 4]), op.exp(row)), op.add(op.constant(1, [2, 1, 1]), x)]);
  });

  it("hands the factor of a mean down to the sum that it is taken of", () => {
    const [mean] = rewritten([op.mean(x)]);
    expect(mean.operation).toBe("reshape");
  });
});
