import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { rewrite } from "../../src/nn/rewrite.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { expectClose, operations, randomInputs, rewritten, runGraph } from "./graphs.ts";
import { randomGraph } from "./random-graphs.ts";
import { reference } from "./reference.ts";

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

  it("keeps the names that errors use", () => {
    const hidden = op.softplus(op.stopGradient(x));
    hidden.label = "hidden";
    expect(rewrite([hidden])[0].label).toBe("hidden");
  });
});
