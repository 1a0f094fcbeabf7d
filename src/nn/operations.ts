import { describe, node, sameShape, sizeOf, type Operation, type Shape, type Tensor } from "./tensor.ts";

/** A tensor, or a number that stands for a scalar constant. */
export type Value = Tensor | number;

function invalid(operation: string, reason: string, ...operands: readonly Tensor[]): Error {
  return new Error(`${operation}: ${reason} (${operands.map(describe).join(", ")})`);
}

function checkAxis(operation: string, x: Tensor, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length) {
    throw invalid(operation, `there is no axis ${axis}`, x);
  }
}

function checkShape(operation: string, shape: Shape): void {
  if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new Error(`${operation}: [${shape.join(",")}] is not a shape, sizes are positive integers`);
  }
}

/** A value that is fed at each run. */
export function input(name: string, shape: Shape): Tensor {
  checkShape(`input "${name}"`, shape);
  return node("input", [], shape, { name });
}

/** A fixed value: one number for all elements, or row-major values. */
export function constant(values: number | ArrayLike<number>, shape: Shape = []): Tensor {
  checkShape("constant", shape);
  if (typeof values === "number") return node("constant", [], shape, { values });
  if (values.length !== sizeOf(shape)) {
    throw new Error(`constant: ${values.length} values do not fill shape [${shape.join(",")}]`);
  }
  return node("constant", [], shape, { values: Float32Array.from(values) });
}

const asTensor = (x: Value): Tensor => (typeof x === "number" ? constant(x) : x);

const isConstant = (x: Tensor, value: number): boolean =>
  x.operation === "constant" && x.attributes.values === value;

/** Shape of the two operands aligned at the last axis, size 1 stretching (NumPy's rule); undefined if they do not fit. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape.push(Math.max(left, right));
  }
  return shape;
}

function binary(operation: Operation, a: Value, b: Value): Tensor {
  const left = asTensor(a);
  const right = asTensor(b);
  const shape = broadcastShape(left.shape, right.shape);
  if (shape === undefined) throw invalid(operation, "the shapes do not broadcast", left, right);
  return node(operation, [left, right], shape);
}

const unary = (operation: Operation, x: Tensor): Tensor => node(operation, [x], x.shape);

export function add(a: Value, b: Value): Tensor {
  const left = asTensor(a);
  const right = asTensor(b);
  const shape = broadcastShape(left.shape, right.shape);
  if (isConstant(left, 0) && shape && sameShape(shape, right.shape)) return right;
  if (isConstant(right, 0) && shape && sameShape(shape, left.shape)) return left;
  return binary("add", left, right);
}

export function sub(a: Value, b: Value): Tensor {
  const left = asTensor(a);
  const right = asTensor(b);
  if (isConstant(right, 0) && sameShape(broadcastShape(left.shape, right.shape) ?? [], left.shape)) return left;
  return binary("sub", left, right);
}

export function mul(a: Value, b: Value): Tensor {
  const left = asTensor(a);
  const right = asTensor(b);
  const shape = broadcastShape(left.shape, right.shape);
  if (shape !== undefined) {
    if (isConstant(left, 1) && sameShape(shape, right.shape)) return right;
    if (isConstant(right, 1) && sameShape(shape, left.shape)) return left;
    if (isConstant(left, 0) || isConstant(right, 0)) return constant(0, shape);
  }
  return binary("mul", left, right);
}

export const div = (a: Value, b: Value): Tensor => binary("div", a, b);
export const minimum = (a: Value, b: Value): Tensor => binary("minimum", a, b);
export const maximum = (a: Value, b: Value): Tensor => binary("maximum", a, b);

/** 1 where a ≤ b, else 0; its gradient is 0. */
export const lessEqual = (a: Value, b: Value): Tensor => binary("lessEqual", a, b);

export const neg = (x: Tensor): Tensor => unary("neg", x);
export const exp = (x: Tensor): Tensor => unary("exp", x);
export const log = (x: Tensor): Tensor => unary("log", x);
export const sqrt = (x: Tensor): Tensor => unary("sqrt", x);
export const abs = (x: Tensor): Tensor => unary("abs", x);
export const tanh = (x: Tensor): Tensor => unary("tanh", x);
export const sigmoid = (x: Tensor): Tensor => unary("sigmoid", x);
export const relu = (x: Tensor): Tensor => unary("relu", x);

/** x·σ(x), also called swish. */
export const silu = (x: Tensor): Tensor => unary("silu", x);

/** log(1 + eˣ), exact for large |x|. */
export const softplus = (x: Tensor): Tensor => unary("softplus", x);

/** log cosh x, exact for large |x|: log(1 − tanh²x) = −2·logCosh(x). */
export const logCosh = (x: Tensor): Tensor => unary("logCosh", x);

/** 1 where x > 0, else 0; its gradient is 0. */
export const positive = (x: Tensor): Tensor => unary("positive", x);

export const square = (x: Tensor): Tensor => mul(x, x);

/** x limited to [low, high]; the gradient is 0 outside. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low < high)) throw invalid("clip", `[${low}, ${high}] is not an interval`, x);
  return node("clip", [x], x.shape, { low, high });
}

/** 1 where low ≤ x ≤ high, else 0; its gradient is 0. */
export function within(x: Tensor, low: number, high: number): Tensor {
  return node("within", [x], x.shape, { low, high });
}

/** The same value, taken as a constant by {@link gradient}. */
export const stopGradient = (x: Tensor): Tensor =>
  x.operation === "stopGradient" || x.operation === "constant" ? x : unary("stopGradient", x);

/**
 * Matrix product over the last two axes; the axes before them must be equal.
 * @throws Error when the inner sizes differ
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeLeft = false, transposeRight = false }: { transposeLeft?: boolean; transposeRight?: boolean } = {},
): Tensor {
  const rank = a.shape.length;
  if (rank < 2 || b.shape.length !== rank || !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))) {
    throw invalid("matmul", "needs two matrices, or two equally long stacks of them", a, b);
  }
  const [rows, inner] = transposeLeft ? [a.shape[rank - 1], a.shape[rank - 2]] : a.shape.slice(-2);
  const [innerRight, columns] = transposeRight ? [b.shape[rank - 1], b.shape[rank - 2]] : b.shape.slice(-2);
  if (inner !== innerRight) throw invalid("matmul", `inner sizes ${inner} and ${innerRight} differ`, a, b);
  return node("matmul", [a, b], [...a.shape.slice(0, -2), rows, columns], { transposeLeft, transposeRight });
}

/** Sum over some axes (all by default), which stay with size 1. */
export function sumKeep(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  for (const axis of axes) checkAxis("sum", x, axis);
  const reduced = [...new Set(axes)].filter((axis) => x.shape[axis] > 1).sort((i, j) => i - j);
  if (reduced.length === 0) return x;
  const shape = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  return node("sum", [x], shape, { axes: reduced });
}

/** Sum of all elements, a scalar. */
export const sum = (x: Tensor): Tensor => reshape(sumKeep(x), []);

/** Mean of all elements, a scalar. */
export const mean = (x: Tensor): Tensor => mul(sum(x), 1 / sizeOf(x.shape));

export function reshape(x: Tensor, shape: Shape): Tensor {
  checkShape("reshape", shape);
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw invalid("reshape", `[${shape.join(",")}] has another number of elements`, x);
  }
  if (sameShape(shape, x.shape)) return x;
  if (x.operation === "reshape") return reshape(x.inputs[0], shape);
  if (x.operation === "constant" && typeof x.attributes.values === "number") return constant(x.attributes.values, shape);
  return node("reshape", [x], shape);
}

export function broadcast(x: Tensor, shape: Shape): Tensor {
  checkShape("broadcast", shape);
  if (sameShape(x.shape, shape)) return x;
  const result = broadcastShape(x.shape, shape);
  if (result === undefined || !sameShape(result, shape)) {
    throw invalid("broadcast", `does not stretch to [${shape.join(",")}]`, x);
  }
  if (x.operation === "constant" && typeof x.attributes.values === "number") return constant(x.attributes.values, shape);
  return node("broadcast", [x], shape);
}

/** Permutes the axes; by default swaps the last two. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const order = permutation ?? [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  if ([...order].sort((i, j) => i - j).some((axis, i) => axis !== i) || order.length !== rank) {
    throw invalid("transpose", `[${order.join(",")}] is no permutation of the axes`, x);
  }
  return node("transpose", [x], order.map((axis) => x.shape[axis]), { permutation: order });
}

export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  if (first === undefined) throw new Error("concat: needs at least one tensor");
  checkAxis("concat", first, axis);
  for (const part of parts) {
    const fits =
      part.shape.length === first.shape.length && part.shape.every((size, i) => i === axis || size === first.shape[i]);
    if (!fits) throw invalid("concat", `the shapes differ outside axis ${axis}`, first, part);
  }
  if (parts.length === 1) return first;
  const total = parts.reduce((size, part) => size + part.shape[axis], 0);
  return node("concat", parts, first.shape.map((size, i) => (i === axis ? total : size)), { axis });
}

/** Rows start … end−1 along an axis. A slice that coincides with parts of a concatenation is those parts. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  checkAxis("slice", x, axis);
  if (!(start >= 0 && end > start && end <= x.shape[axis])) {
    throw invalid("slice", `${start} to ${end} is outside axis ${axis}`, x);
  }
  if (start === 0 && end === x.shape[axis]) return x;
  if (x.operation === "constant" && typeof x.attributes.values === "number") {
    return constant(x.attributes.values, x.shape.map((size, i) => (i === axis ? end - start : size)));
  }
  if (x.operation === "concat" && x.attributes.axis === axis) {
    const covered: Tensor[] = [];
    let offset = 0;
    let aligned = true;
    for (const part of x.inputs) {
      const next = offset + part.shape[axis];
      if (offset >= start && next <= end) covered.push(part);
      else if (offset < end && next > start) {
        if (start >= offset && end <= next) return slice(part, axis, start - offset, end - offset);
        aligned = false;
      }
      offset = next;
    }
    if (aligned) return concat(covered, axis);
  }
  if (x.operation === "slice" && x.attributes.axis === axis) {
    const base = x.attributes.start ?? 0;
    return slice(x.inputs[0], axis, base + start, base + end);
  }
  return node("slice", [x], x.shape.map((size, i) => (i === axis ? end - start : size)), { axis, start, end });
}

/** Consecutive slices of the given sizes along an axis. */
export function split(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  let offset = 0;
  return sizes.map((size) => slice(x, axis, offset, (offset += size)));
}

/** Tensors of one shape put behind each other along a new first axis. */
export const stack = (members: readonly Tensor[]): Tensor =>
  concat(members.map((member) => reshape(member, [1, ...member.shape])), 0);

/** The members along the first axis. */
export const unstack = (x: Tensor): Tensor[] =>
  Array.from({ length: x.shape[0] }, (_, i) => reshape(slice(x, 0, i, i + 1), x.shape.slice(1)));
