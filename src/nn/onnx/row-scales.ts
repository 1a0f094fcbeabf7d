import * as op from "../operations.ts";
import { node, sameShape, topologicalOrder, type Tensor } from "../tensor.ts";

/** rows ⊙ scale: a matrix as another one whose rows are still to be multiplied by the column `scale`. */
interface RowScaled {
  readonly rows: Tensor;
  readonly scale: Tensor;
}

/**
 * Moves the scale of rows behind the products of a back-propagation that ends in a narrow matrix. A critic's gradient for
 * its action starts with the outer product of a column s and the last layer's weights w:
 * ((s·wᵀ ⊙ M₂)·W₂ᵀ ⊙ M₁)·W₁ᵀ = s ⊙ ((M₂·(w ⊙ W₂)ᵀ ⊙ M₁)·W₁ᵀ), which saves two passes over the batch: about 1 % of W1 and W2.
 */
export function delayRowScales(outputs: readonly Tensor[]): Tensor[] {
  const order = topologicalOrder(outputs);
  const uses = new Map<Tensor, number>();
  for (const x of order) for (const y of x.inputs) uses.set(y, (uses.get(y) ?? 0) + 1);
  for (const x of outputs) uses.set(x, (uses.get(x) ?? 0) + 2);
  const single = (x: Tensor): boolean => uses.get(x) === 1;

  const mapped = new Map<Tensor, Tensor>();
  const scaled = new Map<Tensor, RowScaled>();
  const map = (x: Tensor): Tensor => {
    const parts = scaled.get(x);
    return parts === undefined ? (mapped.get(x) ?? x) : op.mul(parts.rows, parts.scale);
  };

  /** (s·wᵀ ⊙ M)·Wᵀ = s ⊙ (M·(w ⊙ W)ᵀ) */
  const withoutOuterProduct = (x: Tensor): RowScaled | undefined => {
    const [left, weight] = x.inputs;
    if (!isBackward(x) || left.operation !== "mul" || !single(left)) return undefined;
    for (const [outer, mask] of [left.inputs, [left.inputs[1], left.inputs[0]]]) {
      const [s, w] = outer.inputs;
      const isOuter = outer.operation === "matmul" && s.shape[1] === 1 && outer.attributes.transposeLeft !== true;
      if (!isOuter || !single(outer) || !sameShape(outer.shape, mask.shape) || outer.shape[0] < weight.shape[0]) continue;
      const row = op.reshape(map(w), [1, weight.shape[1]]);
      return { rows: op.matmul(map(mask), op.mul(map(weight), row), x.attributes), scale: map(s) };
    }
    return undefined;
  };
  const rescaled = (x: Tensor): RowScaled | undefined => {
    const [a, b] = x.inputs;
    const known = scaled.get(a);
    if (known === undefined || !single(a)) return undefined;
    if (x.operation === "mul" && sameShape(a.shape, b.shape)) return { ...known, rows: op.mul(known.rows, map(b)) };
    return isBackward(x) && x.shape[1] < a.shape[1] ? { ...known, rows: op.matmul(known.rows, map(b), x.attributes) } : undefined;
  };

  for (const x of order) {
    const parts = withoutOuterProduct(x) ?? rescaled(x);
    if (parts !== undefined) {
      scaled.set(x, parts);
      continue;
    }
    const operands = x.inputs.map(map);
    if (operands.every((y, i) => y === x.inputs[i])) continue;
    const copy = node(x.operation, operands, x.shape, x.attributes);
    copy.label = x.label;
    mapped.set(x, copy);
  }
  return outputs.map(map);
}

/** δ·Wᵀ */
const isBackward = ({ operation, shape, attributes: { transposeLeft, transposeRight } }: Tensor): boolean =>
  operation === "matmul" && shape.length === 2 && transposeLeft !== true && transposeRight === true;
