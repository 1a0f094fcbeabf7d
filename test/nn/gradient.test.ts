import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { gradient } from "../../src/nn/gradient.ts";
import { mlp, type Activation } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { sizeOf, type Tensor } from "../../src/nn/tensor.ts";
import { tfjsExecutor } from "../../src/nn/tfjs/executor.ts";
import { gradientVector, inputVector } from "../../src/nn/vector.ts";
import { expectClose, randomInputs, runGraph, uniformValues } from "./graphs.ts";
import { centralDifferences, reference, type Values } from "./reference.ts";

const executors = [onnxExecutor, tfjsExecutor()];

/** f(x; θ) of a small network as a graph: inputs `x` [rows, 3] and `theta#0`. */
function network(activation: Activation, rows = 5) {
  const f = mlp({ inputs: 3, hidden: [6, 5], outputs: 1, activation });
  const theta = inputVector("theta", f.layout);
  const x = op.input("x", [rows, 3]);
  const [y] = f.apply(theta, x);
  // larger weights than the usual ones, so that activations leave their linear part
  const values = { ...randomInputs([x], 3), "theta#0": f.initialize(createRandom(4))[0].map((value) => 2 * value) };
  return { f, theta, x, y, values };
}

/** mean (‖∇ₓ f(x)‖ − 1)², as in WGAN-GP. */
function gradientPenalty(x: Tensor, y: Tensor): Tensor {
  const [slope] = gradient(op.sum(y), [x]);
  const norm = op.sqrt(op.sumKeep(op.square(slope), [1]));
  return op.mean(op.square(op.sub(norm, 1)));
}

describe("second-order gradients", () => {
  describe.each(["tanh", "relu", "silu"] as const)("of an MLP with %s", (activation) => {
    const { x, y, theta, values } = network(activation);
    const penalty = gradientPenalty(x, y);
    const [slope] = gradientVector(penalty, theta).chunks;

    // the penalty from the network's values alone: nothing of it was differentiated symbolically
    const numericPenalty = (at: Values): number => {
      const [columns] = centralDifferences((where) => reference([op.sum(y)], where)[0][0], at, ["x"], 1e-4);
      const rows = Array.from({ length: x.shape[0] }, (_, i) => columns.subarray(3 * i, 3 * i + 3));
      return rows.reduce((sum, row) => sum + (Math.hypot(...row) - 1) ** 2, 0) / rows.length;
    };

    it("the gradient penalty is that of numerical slopes", () => {
      const [exact] = reference([penalty], values);
      expect(exact[0]).toBeCloseTo(numericPenalty(values), 7);
    });

    it("its gradient for the weights agrees with float64 differences", async () => {
      const [exact] = reference([slope], values);
      const [numeric] = centralDifferences((at) => reference([penalty], at)[0][0], values, ["theta#0"], 1e-6);
      expectClose(exact, numeric, { relative: 1e-6, absolute: 1e-7 });
      for (const executor of executors) {
        const [computed] = await runGraph(executor, [slope], values);
        expectClose(computed, exact, { relative: 1e-4, absolute: 1e-5 }, executor.name);
      }
    });

    it("a Hessian-vector product agrees with float64 differences of the gradient", async () => {
      const direction = op.input("direction", theta.chunks[0].shape);
      const loss = op.mean(op.square(op.sub(y, 0.3)));
      const [first] = gradient(loss, theta.chunks);
      const [product] = gradient(op.sum(op.mul(first, direction)), theta.chunks);
      const given = { ...values, direction: uniformValues(createRandom(9), values["theta#0"].length, -1, 1) };

      const step = 1e-6;
      const shifted = (by: number): Float64Array =>
        reference([first], { ...given, "theta#0": Float64Array.from(values["theta#0"], (value, i) => value + by * given.direction[i]) })[0];
      const back = shifted(-step);
      const numeric = shifted(step).map((value, i) => (value - back[i]) / (2 * step));
      const [exact] = reference([product], given);
      expectClose(exact, numeric, { relative: 1e-6, absolute: 1e-7 });
      for (const executor of executors) {
        const [computed] = await runGraph(executor, [product], given);
        expectClose(computed, exact, { relative: 1e-4, absolute: 1e-5 }, executor.name);
      }
    });
  });

  it("third derivatives: tanh''' = −2·sech²·(1 − 3·tanh²)", async () => {
    const x = op.input("x", [5]);
    let y = op.tanh(x);
    for (let order = 0; order < 3; order++) [y] = gradient(op.sum(y), [x]);
    const points = [-1.5, -0.3, 0, 0.7, 2];
    const expected = points.map((point) => {
      const t = Math.tanh(point);
      return -2 * (1 - t * t) * (1 - 3 * t * t);
    });
    for (const executor of executors) expectClose((await runGraph(executor, [y], { x: points }))[0], expected);
  });
});

describe("gradient", () => {
  it("adds up all the ways that a tensor is used in", () => {
    const x = op.input("x", [3]);
    const y = op.sum(op.add(op.mul(op.square(x), x), op.mul(x, 2)));
    expectClose(reference(gradient(y, [x]), { x: [1, -2, 0.5] })[0], [5, 14, 2.75]);
  });

  it("is zero, of the right shape, for what the loss does not depend on", async () => {
    const [x, other] = [op.input("x", [3]), op.input("other", [2, 4])];
    const [dx, none] = gradient(op.sum(x), [x, other]);
    expect(none.shape).toEqual([2, 4]);
    const [ones, zeros] = await runGraph(onnxExecutor, [dx, none], {});
    expect([...ones]).toEqual([1, 1, 1]);
    expect([...zeros]).toEqual(new Array(8).fill(0));
  });

  it("takes what stands behind stopGradient as constant", () => {
    const x = op.input("x", [2]);
    const loss = op.sum(op.mul(x, op.stopGradient(op.square(x))));
    expectClose(reference(gradient(loss, [x]), { x: [3, -2] })[0], [9, 4]);
  });

  it("can be taken for an intermediate tensor", () => {
    const x = op.input("x", [2]);
    const y = op.square(x);
    const loss = op.sum(op.mul(y, op.exp(x)));
    expectClose(reference(gradient(loss, [y, x]), { x: [1, 0] })[0], [Math.E, 1]);
    expectClose(reference(gradient(loss, [y, x]), { x: [1, 0] })[1], [3 * Math.E, 0]);
  });

  it("joins the gradients of the pieces of a vector instead of adding padded ones", () => {
    const theta = op.input("theta", [60]);
    const pieces = op.split(theta, 0, [10, 20, 30]);
    const [d] = gradient(pieces.map((piece) => op.sum(op.square(piece))).reduce((a, b) => op.add(a, b)), [theta]);
    expect(d.operation).toBe("concat");
    expect(d.inputs.map((part) => sizeOf(part.shape))).toEqual([10, 20, 30]);
  });
});
