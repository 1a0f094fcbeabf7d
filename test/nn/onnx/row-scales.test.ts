import { describe, expect, it } from "vitest";
import { gradient } from "../../../src/nn/gradient.ts";
import { mlp } from "../../../src/nn/network.ts";
import * as op from "../../../src/nn/operations.ts";
import { delayRowScales } from "../../../src/nn/onnx/row-scales.ts";
import { rewrite } from "../../../src/nn/rewrite.ts";
import { topologicalOrder, type Tensor } from "../../../src/nn/tensor.ts";
import { inputVector } from "../../../src/nn/vector.ts";
import { expectClose, randomInputs } from "../graphs.ts";
import { reference } from "../reference.ts";

/** The gradient of min(Q₁, Q₂) for the action, as the policy's loss takes it, of more rows than hidden units. */
function actionGradient(hidden: readonly number[]): { slope: Tensor; q: readonly Tensor[] } {
  const network = mlp({ inputs: 5, hidden, outputs: 1, members: 2 });
  const theta = inputVector("theta", network.layout);
  const action = op.input("action", [20, 2]);
  const q = network.apply(theta, op.concat([op.input("state", [20, 3]), action], 1));
  const [slope] = gradient(op.mean(op.minimum(q[0], q[1])), [action]);
  return { slope, q };
}

const outerProducts = (outputs: readonly Tensor[]): Tensor[] =>
  topologicalOrder(outputs).filter(({ operation, inputs }) => operation === "matmul" && inputs[0].shape[1] === 1);

describe("delayRowScales", () => {
  it.each([[[6, 6]], [[6]], [[6, 4, 6]], [[40, 40]]])("keeps the values with hidden layers %j", (hidden) => {
    const { slope, q } = actionGradient(hidden);
    const outputs = [slope, ...q];
    const values = randomInputs(outputs, 3, -1, 1);
    const exact = reference(outputs, values);
    const after = reference(delayRowScales(rewrite(outputs)), values);
    exact.forEach((expected, i) => {
      expectClose(after[i], expected, { relative: 1e-11, absolute: 1e-12 }, outputs[i]);
    });
  });

  it("takes the outer products out of the back-propagation, and leaves one that is used elsewhere", () => {
    const before = rewrite([actionGradient([6, 6]).slope]);
    expect(outerProducts(before)).toHaveLength(2);
    expect(outerProducts(delayRowScales(before))).toHaveLength(0);
    const shared = [...before, outerProducts(before)[0]];
    expect(outerProducts(delayRowScales(shared))).toHaveLength(1);
  });
});
