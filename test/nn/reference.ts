import { broadcastShape } from "../../src/nn/operations.ts";
import { describe, sameShape, sizeOf, topologicalOrder, type Shape, type Tensor } from "../../src/nn/tensor.ts";

/** Row-major float64 values of tensors, by the names of the inputs. */
export type Values = Readonly<Record<string, ArrayLike<number>>>;

const unary: Partial<Record<Tensor["operation"], (x: number, attributes: Tensor["attributes"]) => number>> = {
  stopGradient: (x) => x,
  reshape: (x) => x,
  neg: (x) => -x,
  exp: (x) => Math.exp(x),
  log: (x) => Math.log(x),
  sqrt: (x) => Math.sqrt(x),
  abs: (x) => Math.abs(x),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => (x > 0 ? x : 0),
  silu: (x) => x / (1 + Math.exp(-x)),
  softplus: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
  logCosh: (x) => Math.abs(x) + Math.log1p(Math.expm1(-2 * Math.abs(x)) / 2),
  positive: (x) => (x > 0 ? 1 : 0),
  clip: (x, { low = 0, high = 0 }) => Math.min(high, Math.max(low, x)),
  within: (x, { low = 0, high = 0 }) => (x >= low && x <= high ? 1 : 0),
};

const binary: Partial<Record<Tensor["operation"], (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
};

const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** Calls a function with the coordinates of every element of a shape, in row-major order, and collects its results. */
function mapCoordinates(shape: Shape, f: (index: readonly number[]) => number): Float64Array {
  const index = shape.map(() => 0);
  const result = new Float64Array(sizeOf(shape));
  for (let n = 0; n < result.length; n++) {
    result[n] = f(index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}

const offsetIn = (strides: readonly number[], index: readonly number[]): number =>
  strides.reduce((offset, stride, axis) => offset + stride * index[axis], 0);

/** Values of a tensor stretched to a shape, by NumPy's rule. */
function stretched(values: Float64Array, from: Shape, to: Shape): Float64Array {
  const lead = to.length - from.length;
  const strides = stridesOf(from);
  const effective = to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]));
  return mapCoordinates(to, (index) => values[offsetIn(effective, index)]);
}

function product(x: Tensor, a: Float64Array, b: Float64Array): Float64Array {
  const [rows, columns] = x.shape.slice(-2);
  const { transposeLeft, transposeRight } = x.attributes;
  const shapeA = x.inputs[0].shape;
  const inner = transposeLeft ? shapeA[shapeA.length - 2] : shapeA[shapeA.length - 1];
  const result = new Float64Array(sizeOf(x.shape));
  for (let n = 0; n < result.length; n++) {
    const member = Math.floor(n / (rows * columns));
    const row = Math.floor(n / columns) % rows;
    const column = n % columns;
    for (let k = 0; k < inner; k++) {
      const left = transposeLeft ? k * rows + row : row * inner + k;
      const right = transposeRight ? column * inner + k : k * columns + column;
      result[n] += a[member * rows * inner + left] * b[member * inner * columns + right];
    }
  }
  return result;
}

function evaluate(x: Tensor, operands: readonly Float64Array[]): Float64Array {
  const [a, b] = operands;
  const { attributes, shape, inputs } = x;
  const { axis = 0, start = 0, axes = [], permutation = [], values = 0 } = attributes;
  const unaryFunction = unary[x.operation];
  const binaryFunction = binary[x.operation];
  if (unaryFunction !== undefined) return a.map((value) => unaryFunction(value, attributes));
  if (binaryFunction !== undefined) {
    const natural = broadcastShape(inputs[0].shape, inputs[1].shape);
    if (natural === undefined || !sameShape(natural, shape)) throw new Error(`${describe(x)} of ${inputs.map(describe).join(" and ")} has another shape`);
    const right = stretched(b, inputs[1].shape, shape);
    return stretched(a, inputs[0].shape, shape).map((value, i) => binaryFunction(value, right[i]));
  }
  switch (x.operation) {
    case "constant":
      return typeof values === "number" ? new Float64Array(sizeOf(shape)).fill(values) : Float64Array.from(values);
    case "matmul":
      return product(x, a, b);
    case "broadcast":
      return stretched(a, inputs[0].shape, shape);
    case "sum": {
      const result = new Float64Array(sizeOf(shape));
      const strides = stridesOf(shape).map((stride, i) => (axes.includes(i) ? 0 : stride));
      let position = 0;
      mapCoordinates(inputs[0].shape, (index) => (result[offsetIn(strides, index)] += a[position++]));
      return result;
    }
    case "transpose": {
      const strides = stridesOf(inputs[0].shape);
      const permuted = permutation.map((from) => strides[from]);
      return mapCoordinates(shape, (index) => a[offsetIn(permuted, index)]);
    }
    case "slice": {
      const strides = stridesOf(inputs[0].shape);
      return mapCoordinates(shape, (index) => a[offsetIn(strides, index) + start * strides[axis]]);
    }
    case "concat": {
      const result = new Float64Array(sizeOf(shape));
      const strides = stridesOf(shape);
      let begin = 0;
      inputs.forEach((part, i) => {
        let position = 0;
        mapCoordinates(part.shape, (index) => (result[offsetIn(strides, index) + begin * strides[axis]] = operands[i][position++]));
        begin += part.shape[axis];
      });
      return result;
    }
    default:
      throw new Error(`the reference does not know ${x.operation}`);
  }
}

/** Computes tensors of a graph in float64 by the definitions of the operations; slow, and sharing nothing with the backends. */
export function reference(outputs: readonly Tensor[], inputs: Values): Float64Array[] {
  const values = new Map<Tensor, Float64Array>();
  for (const x of topologicalOrder(outputs)) {
    values.set(
      x,
      x.operation === "input"
        ? Float64Array.from(inputs[x.attributes.name ?? ""])
        : evaluate(x, x.inputs.map((y) => values.get(y) ?? new Float64Array())),
    );
  }
  return outputs.map((x) => values.get(x) ?? new Float64Array());
}

/**
 * The gradient of a function of several arrays by central differences.
 * @param step half the distance between the two points; about the cube root of the rounding error is best
 */
export function centralDifferences(
  f: (inputs: Values) => number,
  at: Values,
  names: readonly string[],
  step = 1e-5,
): Float64Array[] {
  return names.map((name) => {
    const point = Float64Array.from(at[name]);
    return point.map((value, i) => {
      const shifted = (by: number): number => f({ ...at, [name]: point.with(i, value + by) });
      return (shifted(step) - shifted(-step)) / (2 * step);
    });
  });
}
