import * as op from "../operations.ts";
import { node, sameShape, topologicalOrder, type Tensor } from "../tensor.ts";

/** A first layer x·W + b whose weights and biases lie behind each other in one vector. */
interface Layer {
  readonly input: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/**
 * Gives the input of first layers a column of ones, so that [x, 1]·[W; b] computes the biases with the product, and
 * [x, 1]ᵀ·δ their gradient with that of the weights. It is done where the column costs little: the input is a concatenation
 * anyway, as a critic's [s, a] (2.6 % of W1), or much narrower than the layer.
 */
export function joinBiases(outputs: readonly Tensor[]): Tensor[] {
  const order = topologicalOrder(outputs);
  const layers = new Map<Tensor, Layer>();
  const byWeight = new Map<Tensor, Layer>();
  const byBias = new Map<Tensor, Layer>();
  const inputs = new Set<Tensor>();
  for (const x of order) {
    const layer = firstLayer(x);
    if (layer === undefined) continue;
    layers.set(x, layer);
    byWeight.set(layer.weight, layer);
    byBias.set(layer.bias, layer);
    inputs.add(layer.input);
  }
  if (layers.size === 0) return [...outputs];

  const mapped = new Map<Tensor, Tensor>();
  const map = (x: Tensor): Tensor => mapped.get(x) ?? x;
  const cache = new Map<Tensor, Tensor>();
  const once = (x: Tensor, compute: () => Tensor): Tensor => {
    let y = cache.get(x);
    if (y === undefined) cache.set(x, (y = compute()));
    return y;
  };
  const withOnes = (x: Tensor): Tensor =>
    once(x, () => {
      const parts = isRow(x) ? map(x).inputs : [map(x)];
      return op.concat([...parts, op.constant(1, [x.shape[0], 1])], 1);
    });
  const joined = ({ weight, bias }: Layer): Tensor =>
    once(weight, () => {
      const [rows, columns] = weight.shape;
      const vector = map(weight.inputs[0].inputs[0]);
      const { start = 0 } = weight.inputs[0].attributes;
      return op.reshape(op.slice(vector, 1, start, bias.attributes.end ?? 0), [rows + 1, columns]);
    });
  /** Of neighbours ∂W = xᵀδ and ∂b = Σδ in a gradient: both at once. */
  const joinedGradient = (weight: Tensor, bias: Tensor | undefined): Tensor | undefined => {
    const [product] = weight.inputs;
    if (weight.operation !== "reshape" || product.operation !== "matmul" || bias?.operation !== "sum") return undefined;
    const [x, delta] = product.inputs;
    const { transposeLeft = false, transposeRight = false } = product.attributes;
    const fits = transposeLeft && !transposeRight && bias.inputs[0] === delta && sameShape(bias.shape, [1, delta.shape[1]]);
    if (!fits || !inputs.has(x) || weight.shape[0] !== 1) return undefined;
    const gradient = op.matmul(withOnes(x), map(delta), { transposeLeft: true });
    return op.reshape(gradient, [1, weight.shape[1] + bias.shape[1]]);
  };
  const rebuild = (x: Tensor): Tensor => {
    const layer = layers.get(x);
    if (layer !== undefined) return op.matmul(withOnes(layer.input), joined(layer));
    const ofWeight = byWeight.get(x);
    if (ofWeight !== undefined) return op.slice(joined(ofWeight), 0, 0, x.shape[0]);
    const ofBias = byBias.get(x);
    if (ofBias !== undefined) return op.slice(joined(ofBias), 0, ofBias.weight.shape[0], ofBias.weight.shape[0] + 1);
    if (isRow(x)) {
      const parts: Tensor[] = [];
      for (let i = 0; i < x.inputs.length; i++) {
        const both = joinedGradient(x.inputs[i], x.inputs[i + 1]);
        parts.push(both ?? map(x.inputs[i]));
        if (both !== undefined) i++;
      }
      if (parts.length < x.inputs.length) return op.concat(parts, 1);
    }
    if (x.operation === "slice" && x.attributes.axis === 1) {
      const columns = columnsOf(map(x.inputs[0]), x.attributes.start ?? 0, x.attributes.end ?? 0);
      if (columns !== undefined) return columns;
    }
    const operands = x.inputs.map(map);
    return operands.every((y, i) => y === x.inputs[i]) ? x : node(x.operation, operands, x.shape, x.attributes);
  };
  for (const x of order) {
    const result = rebuild(x);
    result.label ??= x.label;
    mapped.set(x, result);
  }
  return outputs.map(map);
}

/** [a, b, …] beside each other */
const isRow = (x: Tensor): boolean => x.operation === "concat" && x.attributes.axis === 1;

function firstLayer(x: Tensor): Layer | undefined {
  if (x.operation !== "add") return undefined;
  const [product, bias] = x.inputs;
  if (product.operation !== "matmul" || product.shape.length !== 2 || bias.operation !== "slice") return undefined;
  const { transposeLeft = false, transposeRight = false } = product.attributes;
  const [input, weight] = product.inputs;
  if (transposeLeft || transposeRight || !(isRow(input) || weight.shape[1] >= 8 * weight.shape[0])) return undefined;
  const [cut] = weight.inputs;
  const adjacent =
    weight.operation === "reshape" &&
    cut.operation === "slice" &&
    cut.shape[0] === 1 &&
    cut.inputs[0] === bias.inputs[0] &&
    cut.attributes.axis === 1 &&
    bias.attributes.axis === 1 &&
    cut.attributes.end === bias.attributes.start &&
    sameShape(bias.shape, [1, weight.shape[1]]);
  return adjacent ? { input, weight, bias } : undefined;
}

/** Columns of x·Wᵀ, or of a sum of such products, as a product with rows of W: what a critic's action gradient needs. */
function columnsOf(x: Tensor, start: number, end: number): Tensor | undefined {
  const [a, b] = x.inputs;
  if (x.operation === "matmul" && x.shape.length === 2 && x.attributes.transposeRight === true) {
    return op.matmul(a, op.slice(b, 0, start, end), x.attributes);
  }
  if (x.operation !== "add" || !sameShape(a.shape, b.shape)) return undefined;
  const [left, right] = [columnsOf(a, start, end), columnsOf(b, start, end)];
  return left && right && op.add(left, right);
}
