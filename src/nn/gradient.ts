import * as op from "./operations.ts";
import { describe, node, sameShape, topologicalOrder, type Shape, type Tensor } from "./tensor.ts";

type VectorJacobianProduct = (x: Tensor, g: Tensor) => readonly (Tensor | undefined)[];

/** The sum of g over the axes along which `shape` was stretched to g's shape. */
function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.shape.length - shape.length;
  const axes = [...g.shape.keys()].filter((axis) => axis < lead || shape[axis - lead] !== g.shape[axis]);
  return op.reshape(op.sumKeep(g, axes), shape);
}

const binaryGradient =
  (rule: (a: Tensor, b: Tensor, g: Tensor, y: Tensor) => readonly [Tensor, Tensor]): VectorJacobianProduct =>
  (y, g) => {
    const [a, b] = y.inputs;
    const [da, db] = rule(a, b, g, y);
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  };

const unaryGradient =
  (rule: (x: Tensor, g: Tensor, y: Tensor) => Tensor): VectorJacobianProduct =>
  (y, g) => [rule(y.inputs[0], g, y)];

const none: VectorJacobianProduct = (y) => y.inputs.map(() => undefined);

const selecting = (chosen: (a: Tensor, b: Tensor) => Tensor): VectorJacobianProduct =>
  binaryGradient((a, b, g) => {
    const left = op.mul(g, chosen(a, b));
    return [left, op.sub(g, left)];
  });

function matmulGradient(y: Tensor, g: Tensor): readonly Tensor[] {
  const [a, b] = y.inputs;
  const { transposeLeft = false, transposeRight = false } = y.attributes;
  const da = transposeLeft
    ? op.matmul(b, g, { transposeLeft: transposeRight, transposeRight: true })
    : op.matmul(g, b, { transposeRight: !transposeRight });
  const db = transposeRight
    ? op.matmul(g, a, { transposeLeft: true, transposeRight: transposeLeft })
    : op.matmul(a, g, { transposeLeft: !transposeLeft });
  return [da, db];
}

/** For each operation y(x…): the products gᵀ·∂y/∂x. They are built of operations, so they can be differentiated again. */
const rules: Record<Tensor["operation"], VectorJacobianProduct> = {
  input: none,
  constant: none,
  stopGradient: none,
  positive: none,
  within: none,
  lessEqual: none,
  neg: unaryGradient((_, g) => op.neg(g)),
  exp: unaryGradient((_, g, y) => op.mul(g, y)),
  log: unaryGradient((x, g) => op.div(g, x)),
  sqrt: unaryGradient((_, g, y) => op.div(op.mul(g, 0.5), y)),
  abs: unaryGradient((x, g) => op.mul(g, op.sub(op.positive(x), op.positive(op.neg(x))))),
  tanh: unaryGradient((_, g, y) => op.sub(g, op.mul(op.mul(g, y), y))),
  sigmoid: unaryGradient((_, g, y) => op.mul(g, op.sub(y, op.mul(y, y)))),
  relu: unaryGradient((_, g, y) => op.mul(g, op.positive(y))),
  silu: unaryGradient((x, g, y) => {
    const s = op.sigmoid(x);
    return op.mul(g, op.add(op.sub(y, op.mul(y, s)), s));
  }),
  softplus: unaryGradient((x, g) => op.mul(g, op.sigmoid(x))),
  logCosh: unaryGradient((x, g) => op.mul(g, op.tanh(x))),
  clip: (y, g) => [op.mul(g, op.within(y.inputs[0], y.attributes.low ?? 0, y.attributes.high ?? 0))],
  add: binaryGradient((_a, _b, g) => [g, g]),
  sub: binaryGradient((_a, _b, g) => [g, op.neg(g)]),
  mul: binaryGradient((a, b, g) => [op.mul(g, b), op.mul(g, a)]),
  div: binaryGradient((_, b, g, y) => [op.div(g, b), op.neg(op.div(op.mul(g, y), b))]),
  minimum: selecting((a, b) => op.lessEqual(a, b)),
  maximum: selecting((a, b) => op.lessEqual(b, a)),
  matmul: matmulGradient,
  sum: unaryGradient((x, g) => op.broadcast(g, x.shape)),
  broadcast: unaryGradient((x, g) => sumTo(g, x.shape)),
  reshape: unaryGradient((x, g) => op.reshape(g, x.shape)),
  transpose: unaryGradient((_, g, y) => {
    const order = y.attributes.permutation ?? [];
    return op.transpose(g, order.map((_axis, i) => order.indexOf(i)));
  }),
  concat: (y, g) => {
    const axis = y.attributes.axis ?? 0;
    return op.split(g, axis, y.inputs.map((part) => part.shape[axis]));
  },
  slice: none,
};

/** ∂L/∂x as it is collected: whole terms, and terms that concern only a slice of x. */
interface Adjoint {
  whole: Tensor[];
  slices: { axis: number; start: number; end: number; g: Tensor }[];
}

/** Slices that do not overlap become one concatenation, so that the gradient of a split is a join and not a sum. */
function joinSlices(shape: Shape, slices: Adjoint["slices"]): Tensor[] {
  const joined: Tensor[] = [];
  let rest = [...slices].sort((a, b) => a.axis - b.axis || a.start - b.start);
  while (rest.length > 0) {
    const { axis } = rest[0];
    const parts: Tensor[] = [];
    const overlapping: Adjoint["slices"] = [];
    let offset = 0;
    const zeros = (length: number): Tensor =>
      op.constant(0, shape.map((size, i) => (i === axis ? length : size)));
    for (const part of rest) {
      if (part.axis !== axis || part.start < offset) {
        overlapping.push(part);
        continue;
      }
      if (part.start > offset) parts.push(zeros(part.start - offset));
      parts.push(part.g);
      offset = part.end;
    }
    if (offset < shape[axis]) parts.push(zeros(shape[axis] - offset));
    joined.push(op.concat(parts, axis));
    rest = overlapping;
  }
  return joined;
}

const total = (x: Tensor, adjoint: Adjoint): Tensor | undefined => {
  const terms = [...adjoint.whole, ...joinSlices(x.shape, adjoint.slices)];
  return terms.length === 0 ? undefined : terms.reduce((a, b) => op.add(a, b));
};

/**
 * The gradients ∂L/∂x of a scalar with respect to some tensors, as graph nodes of the tensors' shapes; zeros where L
 * does not depend on a tensor. Reverse-mode; can be applied to its own result.
 * @throws Error when `loss` is no scalar
 */
export function gradient(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0) throw new Error(`gradient: needs a scalar, got ${describe(loss)}`);
  const order = topologicalOrder([loss]);
  const wanted = new Set(wrt);
  const relevant = new Set<Tensor>();
  for (const x of order) {
    if (wanted.has(x) || (x.operation !== "stopGradient" && x.inputs.some((y) => relevant.has(y)))) relevant.add(x);
  }
  const adjoints = new Map<Tensor, Adjoint>([[loss, { whole: [op.constant(1)], slices: [] }]]);
  const gradients = new Map<Tensor, Tensor>();
  const adjointOf = (x: Tensor): Adjoint => {
    let adjoint = adjoints.get(x);
    if (adjoint === undefined) adjoints.set(x, (adjoint = { whole: [], slices: [] }));
    return adjoint;
  };
  for (let i = order.length - 1; i >= 0; i--) {
    const y = order[i];
    const adjoint = adjoints.get(y);
    if (adjoint === undefined || !relevant.has(y)) continue;
    const g = total(y, adjoint);
    adjoints.delete(y);
    if (g === undefined) continue;
    if (wanted.has(y)) gradients.set(y, g);
    if (y.operation === "slice") {
      const [x] = y.inputs;
      const { axis = 0, start = 0, end = 0 } = y.attributes;
      if (relevant.has(x)) adjointOf(x).slices.push({ axis, start, end, g });
      continue;
    }
    rules[y.operation](y, g).forEach((dx, j) => {
      if (dx !== undefined && relevant.has(y.inputs[j])) adjointOf(y.inputs[j]).whole.push(dx);
    });
  }
  return wrt.map((x) => gradients.get(x) ?? node("constant", [], x.shape, { values: 0 }));
}
