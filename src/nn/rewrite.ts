import * as op from "./operations.ts";
import { simplify } from "./simplify.ts";
import { node, topologicalOrder, type Tensor } from "./tensor.ts";

/**
 * Rewrites a graph into an equal one that runs faster: composite functions become the primitives that backends are fast
 * at, arithmetic is simplified, and equal nodes become one. The losses of the algorithms stay as their papers write them.
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
  const rebuild = (x: Tensor): Tensor => {
    const inputs = x.inputs.map((y) => rewritten.get(y) ?? y);
    if (inputs.every((y, i) => y === x.inputs[i])) return x;
    const copy = node(x.operation, inputs, x.shape, x.attributes);
    copy.label = x.label;
    return copy;
  };
  /** The final form of a node, whose rewriting may give new nodes to rewrite. */
  const settle = (x: Tensor): Tensor => {
    const known = rewritten.get(x);
    if (known !== undefined) return known;
    x.inputs.forEach(settle);
    const rebuilt = rebuild(x);
    const faster = simplify(expand(rebuilt));
    if (faster !== rebuilt) faster.label ??= x.label;
    const result = faster === rebuilt ? unify(rebuilt) : settle(faster);
    rewritten.set(x, result);
    rewritten.set(result, result);
    return result;
  };

  for (const x of topologicalOrder(outputs)) settle(x);
  return outputs.map(settle);
}

/** JSON has one word for ∞ and −∞, and one for 0 and −0. */
const attributesKey = ({ attributes }: Tensor): string =>
  JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === "number" ? (Object.is(value, -0) ? "-0" : String(value)) : value,
  );

/** One node in terms of the operations that backends run fast. */
function expand(x: Tensor): Tensor {
  const [a] = x.inputs;
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
    default:
      return x;
  }
}
