import { describe, expect, it } from "vitest";
import { gradient } from "../../../src/nn/gradient.ts";
import { mlp } from "../../../src/nn/network.ts";
import * as op from "../../../src/nn/operations.ts";
import { joinBiases } from "../../../src/nn/onnx/bias-columns.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import { rewrite } from "../../../src/nn/rewrite.ts";
import { sameShape, topologicalOrder, type Tensor } from "../../../src/nn/tensor.ts";
import { inputVector } from "../../../src/nn/vector.ts";
import { expectClose, randomInputs, runGraph } from "../graphs.ts";
import { reference } from "../reference.ts";

/** Twin critics of concatenated inputs, their losses and the gradients that SAC and gradient penalties take of them. */
function critics(hidden: readonly number[], members: number): Tensor[] {
  const network = mlp({ inputs: 5, hidden, outputs: 1, activation: "tanh", members });
  const theta = inputVector("theta", network.layout);
  const [s, a, b] = [op.input("s", [6, 3]), op.input("a", [6, 2]), op.input("b", [6, 2])];
  const q = network.apply(theta, op.concat([s, a], 1));
  const other = network.apply(theta, op.concat([s, op.tanh(b)], 1));
  const loss = [...q, ...other].map((value) => op.mean(op.square(value))).reduce((x, y) => op.add(x, y));
  const [slope] = gradient(op.sum(q[0]), [a]);
  const penalty = op.mean(op.square(op.sub(op.sqrt(op.sumKeep(op.square(slope), [1])), 1)));
  return [
    ...q,
    loss,
    ...gradient(loss, [...theta.chunks, a, b, s]),
    slope,
    penalty,
    ...gradient(penalty, theta.chunks),
    // the weights in another use than the product
    ...theta.chunks.map((chunk) => op.sum(op.square(chunk))),
  ];
}

describe("joinBiases", () => {
  it.each([
    [[4, 4], 1],
    [[4], 2],
    [[], 3],
    // a first layer in a chunk of its own, away from its bias
    [[4000], 1],
  ] as const)("keeps the values of critics with hidden layers %j, %i members, and of their derivatives", async (hidden, members) => {
    const outputs = critics(hidden, members);
    const values = randomInputs(outputs, 5, -0.5, 0.5);
    const exact = reference(outputs, values);
    const after = reference(joinBiases(rewrite(outputs)), values);
    const computed = await runGraph(onnxExecutor, outputs, values);
    exact.forEach((expected, i) => {
      expectClose(after[i], expected, { relative: 1e-11, absolute: 1e-12 }, outputs[i]);
      expectClose(computed[i], expected, { relative: 1e-4, absolute: 2e-5 }, outputs[i]);
    });
  });

  it("computes the first biases and their gradient with the products of the weights", () => {
    const products = (outputs: readonly Tensor[]) => topologicalOrder(outputs).filter(({ operation }) => operation === "matmul");
    const network = mlp({ inputs: 5, hidden: [4], outputs: 1 });
    const theta = inputVector("theta", network.layout);
    const [q] = network.apply(theta, op.concat([op.input("s", [6, 3]), op.input("a", [6, 2])], 1));
    const [gradientOfTheta] = gradient(op.sum(op.square(q)), theta.chunks);
    const after = joinBiases(rewrite([q, gradientOfTheta]));
    // [x, 1]·[W; b] and [x, 1]ᵀ·δ
    expect(products(after).filter(({ inputs }) => sameShape(inputs[0].shape, [6, 6]))).toHaveLength(2);
    expect(products(after).filter(({ inputs }) => sameShape(inputs[0].shape, [6, 5]))).toHaveLength(0);
    expect(products(after)).toHaveLength(products([q, gradientOfTheta]).length);
  });
});
