import * as op from "./operations.ts";
import { node, numberOf, sameShape, topologicalOrder, type Tensor } from "./tensor.ts";

/**
 * Rewrites a graph into an equal one that runs faster: composite functions become the primitives that backends are fast
 * at, and equal nodes become one. The losses of the algorithms stay as their papers write them.
 */
export function rewrite(outputs: readonly Tensor[]): Tensor[] {
  const rewritten = new Map<Tensor, Tensor>();
  const canonical = new Map<string, Tensor>();

  const unify = (x: Tensor): Tensor => {
    if (x.operation === "input" || x.attributes.values instanceof Float32Array) return x;
    const key = `${x.operation}(${x.inputs.map((y) => y.id).join()})${attributesKey(x)}[${x.shape.join()}]`;
    const known = canonical.get(key);
    if (known === undefined) canonical.set(key, x);
    return known ?? x;
  };
  /** Unifies an expression that was just built, from the nodes that are settled already. */
  const settle = (x: Tensor): Tensor => {
    const known = rewritten.get(x);
    if (known !== undefined) return known;
    x.inputs.forEach(settle);
    const settled = unify(rebuild(x));
    rewritten.set(x, settled);
    rewritten.set(settled, settled);
    return settled;
  };
  const rebuild = (x: Tensor): Tensor => {
    const inputs = x.inputs.map((y) => rewritten.get(y) ?? y);
    if (inputs.every((y, i) => y === x.inputs[i])) return x;
    const copy = node(x.operation, inputs, x.shape, x.attributes);
    copy.label = x.label;
    return copy;
  };

  for (const x of topologicalOrder(outputs)) {
    const rebuilt = rebuild(x);
    const faster = expand(rebuilt);
    if (faster !== rebuilt) faster.label ??= x.label;
    const result = faster === rebuilt ? unify(rebuilt) : settle(faster);
    rewritten.set(x, result);
    rewritten.set(result, result);
  }
  return outputs.map((x) => rewritten.get(x) ?? x);
}

/** JSON has one word for ∞ and −∞, and one for 0 and −0. */
const attributesKey = ({ attributes }: Tensor): string =>
  JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === "number" ? (Object.is(value, -0) ? "-0" : String(value)) : value,
  );

/** One node in terms of the operations that backends run fast. */
function expand(x: Tensor): Tensor {
  const [a, b] = x.inputs;
  switch (x.operation) {
    case "stopGradient":
      return a;
    case "silu":
      return op.mul(a, op.sigmoid(a));
    case "softplus":
      return op.add(op.relu(a), op.log(op.add(op.exp(op.neg(op.abs(a))), 1)));
    case "logCosh": {
      const size = op.abs(a);
      return op.add(op.sub(size, Math.LN2), op.log(op.add(op.exp(op.mul(size, -2)), 1)));
    }
    case "add":
      // a + (−b) = a − b
      if (b.operation === "neg" && sameShape(a.shape, x.shape)) return op.sub(a, b.inputs[0]);
      if (a.operation === "neg" && sameShape(b.shape, x.shape)) return op.sub(b, a.inputs[0]);
      return withoutBroadcast(x);
    case "mul":
      return mergeScales(x) ?? withoutBroadcast(x);
    case "sub":
    case "div":
      return withoutBroadcast(x);
    default:
      return x;
  }
}

/** c₁·(c₂·x) = (c₁c₂)·x, and a number times a tensor as a scalar constant instead of a filled one. */
function mergeScales(x: Tensor): Tensor | undefined {
  const [a, b] = x.inputs;
  const [outer, inner] = numberOf(a) === undefined ? [b, a] : [a, b];
  const factor = numberOf(outer);
  if (factor === undefined || !sameShape(inner.shape, x.shape)) return undefined;
  if (inner.operation === "mul") {
    const [c, d] = inner.inputs;
    const [scale, rest] = numberOf(c) === undefined ? [d, c] : [c, d];
    const second = numberOf(scale);
    if (second !== undefined && sameShape(rest.shape, x.shape)) return op.mul(rest, factor * second);
  }
  return outer.shape.length > 0 ? op.mul(inner, factor) : undefined;
}

/** An element-wise operation stretches its operands by itself. */
function withoutBroadcast(x: Tensor): Tensor {
  const [a, b] = x.inputs;
  const bare = (y: Tensor, other: Tensor): Tensor =>
    y.operation === "broadcast" && sameShape(other.shape, x.shape) ? y.inputs[0] : y;
  const left = bare(a, b);
  // an operand that was stretched and no longer is cannot stretch the other one
  const right = bare(b, left);
  return left === a && right === b ? x : node(x.operation, [left, right], x.shape, x.attributes);
}
