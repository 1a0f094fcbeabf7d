import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { rewrite } from "../../src/nn/rewrite.ts";
import { topologicalOrder, type Operation, type Tensor } from "../../src/nn/tensor.ts";
import { expectClose, randomInputs, runGraph } from "./graphs.ts";
import { randomGraph } from "./random-graphs.ts";
import { reference } from "./reference.ts";

/** How often each operation stands in a graph, inputs and constants left out. */
function operations(outputs: readonly Tensor[]): Partial<Record<Operation, number>> {
  const counts: Partial<Record<Operation, number>> = {};
  for (const { operation } of topologicalOrder(outputs)) {
    if (operation !== "input" && operation !== "constant") counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

/** Rewrites a graph; first of all its values must be the same. */
function rewritten(outputs: readonly Tensor[]): Tensor[] {
  const results = rewrite(outputs);
  const values = randomInputs(outputs, 8);
  const after = reference(results, values);
  reference(outputs, values).forEach((before, i) => {
    expect(results[i].shape).toEqual(outputs[i].shape);
    expectClose(after[i], before, { relative: 1e-12, absolute: 1e-12 }, outputs[i]);
  });
  return results;
}

const x = op.input("x", [3, 4]);
const y = op.input("y", [3, 4]);
const row = op.input("row", [1, 4]);

describe("rewrite", () => {
  it.each(Array.from({ length: 100 }, (_, seed) => seed))("keeps the values of random graph %i", (seed) => {
    rewritten(randomGraph(createRandom(seed), 30));
  });

  it.each(Array.from({ length: 40 }, (_, seed) => 1000 + seed))("keeps what random graph %i computes on onnxruntime", async (seed) => {
    const outputs = randomGraph(createRandom(seed), 25);
    const values = randomInputs(outputs, seed);
    const computed = await runGraph(onnxExecutor, outputs, values);
    reference(outputs, values).forEach((exact, i) => expectClose(computed[i], exact, { relative: 1e-4, absolute: 3e-5 }, outputs[i]));
  });

  it("makes equal nodes one, however deep they are", () => {
    const layer = (): Tensor => op.tanh(op.matmul(op.add(x, 1), op.transpose(y)));
    expect(operations(rewritten([op.add(layer(), op.exp(layer()))]))).toEqual({ add: 2, transpose: 1, matmul: 1, tanh: 1, exp: 1 });
  });

  it("does not take nodes for equal that differ in an attribute or a constant", () => {
    const clips = [op.clip(x, -1, 1), op.clip(x, -1, 0.5), op.within(x, -1, 1)];
    const infinities = [op.minimum(x, Infinity), op.maximum(x, -Infinity), op.clip(x, -Infinity, 1)];
    const zeros = [op.div(1, op.mul(op.square(x), op.constant(0.5))), op.div(1, op.constant(-0)), op.div(1, op.constant(0))];
    const arrays = [op.add(row, op.constant([1, 2, 3, 4], [1, 4])), op.add(row, op.constant([1, 2, 3, 5], [1, 4]))];
    rewritten([...clips, ...infinities, ...zeros, ...arrays, op.transpose(x), op.sumKeep(x, [0]), op.sumKeep(x, [1])]);
  });

  it("drops stopGradient", () => {
    expect(operations(rewritten([op.add(op.stopGradient(op.exp(x)), x)]))).toEqual({ exp: 1, add: 1 });
  });

  it("turns the composite functions into primitives", () => {
    for (const composite of [op.silu, op.softplus, op.logCosh]) {
      const counts = operations(rewritten([composite(x)]));
      expect(counts.silu ?? counts.softplus ?? counts.logCosh).toBeUndefined();
    }
  });

  it("shares what a composite function and its gradient have in common", () => {
    const h = op.silu(x);
    expect(operations(rewritten([h, ...gradient(op.sum(op.mul(h, y)), [x])])).sigmoid).toBe(1);
  });

  it("subtracts instead of adding a negation", () => {
    expect(operations(rewritten([op.add(x, op.neg(y))]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.add(op.neg(x), y)]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.add(x, op.neg(row))]))).toEqual({ sub: 1 });
    expect(operations(rewritten([op.add(op.neg(row), x)]))).toEqual({ sub: 1 });
    // here the negated operand is the large one
    rewritten([op.add(row, op.neg(x)), op.add(op.neg(row), op.neg(x))]);
  });

  it("multiplies numbers before tensors, and never a tensor by 1", () => {
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

  it("keeps the names that errors use", () => {
    const hidden = op.softplus(op.stopGradient(x));
    hidden.label = "hidden";
    expect(rewrite([hidden])[0].label).toBe("hidden");
  });
});
