import * as tf from "@tensorflow/tfjs-core";
// the package leaves the registration of its gradients to bundlers
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { sameShape, sizeOf, type Shape, type Tensor } from "../../src/nn/tensor.ts";
import { tfjsExecutor } from "../../src/nn/tfjs/executor.ts";
import { interpret } from "../../src/nn/tfjs/interpret.ts";
import { centralDifferences, reference, type Values } from "./reference.ts";
import { expectClose, runGraph, uniformValues } from "./graphs.ts";

interface Case {
  readonly name: string;
  readonly shapes: readonly Shape[];
  /** where the operands are drawn from */
  readonly range?: readonly [number, number];
  readonly build: (...operands: Tensor[]) => Tensor;
  /** false where TensorFlow.js has no gradient of its own: functions that are constant between jumps, and stopGradient */
  readonly tfjsGradient?: boolean;
  /** false where the gradient is by definition not the derivative */
  readonly derivative?: boolean;
}

const elementwiseShapes: readonly Shape[] = [[], [1], [7], [3, 4], [2, 3, 4]];
const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[3, 4], [3, 4]],
  [[3, 4], [4]],
  [[3, 4], [1, 4]],
  [[3, 1], [3, 4]],
  [[3, 1], [1, 4]],
  [[3, 4], []],
  [[], [5]],
  [[1, 1], [3, 4]],
  [[2, 3, 4], [3, 1]],
  [[4], [2, 3, 4]],
  [[2, 1, 4], [3, 1]],
];

const unary = (name: string, build: (x: Tensor) => Tensor, options: Partial<Case> = {}): Case[] =>
  elementwiseShapes.map((shape) => ({ name, shapes: [shape], build, ...options }));
const binary = (name: string, build: (a: Tensor, b: Tensor) => Tensor, options: Partial<Case> = {}): Case[] =>
  pairs.map((shapes) => ({ name, shapes, build, ...options }));

const jumps = { tfjsGradient: false };

const cases: Case[] = [
  ...unary("neg", op.neg),
  ...unary("exp", op.exp),
  ...unary("log", op.log, { range: [0.2, 3] }),
  ...unary("sqrt", op.sqrt, { range: [0.2, 3] }),
  ...unary("abs", op.abs),
  ...unary("tanh", op.tanh),
  ...unary("sigmoid", op.sigmoid),
  ...unary("relu", op.relu),
  ...unary("silu", op.silu),
  ...unary("softplus", op.softplus),
  ...unary("logCosh", op.logCosh),
  ...unary("square", op.square),
  ...unary("positive", op.positive, jumps),
  ...unary("stopGradient", op.stopGradient, { tfjsGradient: false, derivative: false }),
  ...unary("clip", (x) => op.clip(x, -0.7, 1.1)),
  ...unary("clip from one side", (x) => op.clip(x, -Infinity, 0.3)),
  ...unary("within", (x) => op.within(x, -0.7, 1.1), jumps),
  ...unary("sum", op.sum),
  ...unary("mean", op.mean),
  ...unary("scaled by numbers", (x) => op.mul(op.add(op.mul(x, 3), -0.5), 0.25)),
  ...unary("a number minus, a number over", (x) => op.sub(2, op.div(1, x)), { range: [0.5, 2] }),
  ...binary("add", op.add),
  ...binary("sub", op.sub),
  ...binary("mul", op.mul),
  ...binary("div", op.div, { range: [0.5, 2] }),
  ...[...binary("minimum", op.minimum), ...binary("maximum", op.maximum)].map((given) => ({
    ...given,
    // TensorFlow.js does not sum their gradients over stretched axes
    tfjsGradient: sameShape(given.shapes[0], given.shapes[1]),
  })),
  ...binary("lessEqual", op.lessEqual, jumps),
  ...[[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]].map(
    (axes): Case => ({ name: `sum over ${axes.join()}`, shapes: [[2, 3, 4]], build: (x) => op.sumKeep(x, axes) }),
  ),
  ...([[[1, 4], [3, 4]], [[3, 1], [3, 4]], [[4], [3, 4]], [[], [2, 2]], [[1, 3, 1], [2, 3, 4]]] as const).map(
    ([from, to]): Case => ({ name: "broadcast", shapes: [from], build: (x) => op.broadcast(x, to) }),
  ),
  ...([[[6], [2, 3]], [[2, 3, 4], [4, 6]], [[1, 1], []], [[3, 4], [3, 4, 1]]] as const).map(
    ([from, to]): Case => ({ name: "reshape", shapes: [from], build: (x) => op.mul(op.reshape(x, to), 2) }),
  ),
  { name: "transpose", shapes: [[3, 4]], build: (x) => op.transpose(x) },
  { name: "transpose of a stack", shapes: [[2, 3, 4]], build: (x) => op.transpose(x) },
  { name: "transpose in a cycle", shapes: [[2, 3, 4]], build: (x) => op.transpose(x, [2, 0, 1]) },
  { name: "concat of rows", shapes: [[2, 3], [1, 3], [4, 3]], build: (...parts) => op.concat(parts, 0) },
  { name: "concat of columns", shapes: [[2, 3], [2, 1]], build: (...parts) => op.concat(parts, 1) },
  { name: "concat of one tensor with itself", shapes: [[2, 3]], build: (x) => op.concat([x, x], 1) },
  { name: "concat in the middle", shapes: [[2, 1, 3], [2, 2, 3]], build: (...parts) => op.concat(parts, 1) },
  { name: "slice of a vector", shapes: [[9]], build: (x) => op.slice(x, 0, 2, 5) },
  { name: "slice of columns", shapes: [[3, 5]], build: (x) => op.slice(x, 1, 1, 4) },
  { name: "slice of a slice", shapes: [[8, 2]], build: (x) => op.slice(op.slice(x, 0, 2, 7), 0, 1, 3) },
  {
    name: "slice of a concatenation, along its seams and across",
    shapes: [[2, 3], [2, 4]],
    build: (a, b) => op.concat([op.slice(op.concat([a, b], 1), 1, 3, 7), op.slice(op.concat([a, b], 1), 1, 2, 5)], 1),
  },
  {
    name: "overlapping slices",
    shapes: [[6, 2]],
    build: (x) => op.mul(op.mul(op.slice(x, 0, 0, 4), op.slice(x, 0, 2, 6)), op.slice(x, 0, 1, 5)),
  },
  {
    name: "slices of two axes and the whole",
    shapes: [[4, 4]],
    build: (x) => op.add(op.mul(op.slice(x, 0, 1, 2), op.slice(x, 1, 2, 3)), x),
  },
  {
    name: "split, neither part adjacent to the end",
    shapes: [[7]],
    build: (x) => op.mul(...(op.split(op.slice(x, 0, 1, 5), 0, [2, 2]) as [Tensor, Tensor])),
  },
  { name: "stack", shapes: [[2, 3], [2, 3]], build: (...parts) => op.stack(parts) },
  { name: "unstack", shapes: [[3, 2, 2]], build: (x) => op.unstack(x).reduce((a, b) => op.mul(a, b)) },
  ...[false, true].flatMap((transposeLeft) =>
    [false, true].flatMap((transposeRight) =>
      ([[], [3], [2, 2]] as const).map((lead): Case => {
        const flip = (rows: number, columns: number, flipped: boolean): Shape =>
          flipped ? [...lead, columns, rows] : [...lead, rows, columns];
        const name = `matmul of ${lead.length === 0 ? "matrices" : `stacks [${lead.join()}]`}${transposeLeft ? ", left transposed" : ""}${transposeRight ? ", right transposed" : ""}`;
        return {
          name,
          shapes: [flip(4, 5, transposeLeft), flip(5, 3, transposeRight)],
          build: (a, b) => op.matmul(a, b, { transposeLeft, transposeRight }),
        };
      }),
    ),
  ),
  {
    name: "a dense layer: matmul, bias, relu",
    shapes: [[6, 3], [3, 4], [1, 4]],
    build: (x, w, b) => op.relu(op.add(op.matmul(x, w), b)),
  },
  {
    name: "a dense layer whose bias is a vector",
    shapes: [[6, 3], [3, 4], [4]],
    build: (x, w, b) => op.tanh(op.sub(b, op.mul(op.matmul(x, w), 0.5))),
  },
];

/** ∂(Σ w·y)/∂x as TensorFlow.js differentiates its own operations. */
async function tfjsGradients(loss: Tensor, inputs: readonly Tensor[], values: Values): Promise<ArrayLike<number>[]> {
  await tf.setBackend("cpu");
  return tf.tidy(() => {
    const given = inputs.map((x) => tf.tensor(Float32Array.from(values[x.attributes.name ?? ""]), [...x.shape]));
    const f = (...tensors: tf.Tensor[]): tf.Tensor => interpret([loss], new Map(inputs.map((x, i) => [x, tensors[i]])))[0];
    return tf.grads(f)(given).map((gradient) => gradient.dataSync());
  });
}

describe("operations and their gradients", () => {
  it.each(cases.map((given) => [given.name, given.shapes.map((shape) => `[${shape.join()}]`).join(" "), given] as const))(
    "%s of %s",
    async (_, __, { shapes, range = [-2, 2], build, tfjsGradient = true, derivative = true }) => {
      const operands = shapes.map((shape, i) => op.input(`x${i}`, shape));
      const result = build(...operands);
      const weight = op.input("weight", result.shape);
      const loss = op.sum(op.mul(result, weight));
      const gradients = gradient(loss, operands);
      const outputs = [result, ...gradients];

      const random = createRandom(1);
      const values: Record<string, Float32Array> = { weight: uniformValues(random, sizeOf(result.shape), -1, 1) };
      shapes.forEach((shape, i) => (values[`x${i}`] = uniformValues(random.split(`x${i}`), sizeOf(shape), ...range)));

      const exact = reference(outputs, values);
      const fast = await runGraph(onnxExecutor, outputs, values);
      const slow = await runGraph(tfjsExecutor(), outputs, values);
      outputs.forEach((x, i) => {
        expectClose(fast[i], exact[i], {}, x);
        expectClose(slow[i], exact[i], {}, x);
        expectClose(fast[i], slow[i], {}, x);
      });
      operands.forEach((x, i) => {
        expect(gradients[i].shape).toEqual(x.shape);
      });
      if (tfjsGradient) {
        const expected = await tfjsGradients(loss, [...operands, weight], values);
        operands.forEach((_x, i) => expectClose(fast[i + 1], expected[i], {}, `gradient for operand ${i}`));
      }
      if (derivative) {
        const numeric = centralDifferences((at) => reference([loss], at)[0][0], values, operands.map((x) => x.attributes.name ?? ""));
        numeric.forEach((expected, i) => {
          expectClose(exact[i + 1], expected, { relative: 1e-7, absolute: 1e-8 }, `gradient for operand ${i}`);
        });
      } else exact.slice(1).forEach((zero) => expect([...zero]).toEqual([...zero].map(() => 0)));
    },
  );

  it("covers every operation", () => {
    const seen = new Set<string>();
    for (const { shapes, build } of cases) {
      const visit = (x: Tensor): void => {
        seen.add(x.operation);
        x.inputs.forEach(visit);
      };
      const operands = shapes.map((shape, i) => op.input(`x${i}`, shape));
      const result = build(...operands);
      gradient(op.sum(result), operands).forEach(visit);
      visit(result);
    }
    expect([...seen].sort()).toEqual([
      "abs", "add", "broadcast", "clip", "concat", "constant", "div", "exp", "input", "lessEqual", "log", "logCosh",
      "matmul", "maximum", "minimum", "mul", "neg", "positive", "relu", "reshape", "sigmoid", "silu", "slice", "softplus",
      "sqrt", "stopGradient", "sub", "sum", "tanh", "transpose", "within",
    ]);
  });

  it.each([
    ["relu", op.relu, [0], [0]],
    ["clip", (x: Tensor) => op.clip(x, -1, 1), [-1, 1], [1, 1]],
  ])("%s at its kinks has the subgradient that TensorFlow.js has", async (_, build, points, expected) => {
    const x = op.input("x", [points.length]);
    const loss = op.sum(build(x));
    const [fast] = await runGraph(onnxExecutor, gradient(loss, [x]), { x: points });
    expect([...fast]).toEqual(expected);
    expect([...(await tfjsGradients(loss, [x], { x: points }))[0] as Float32Array]).toEqual(expected);
  });

  it("the gradient of abs at 0 is 0", async () => {
    const x = op.input("x", [3]);
    const [slope] = await runGraph(onnxExecutor, gradient(op.sum(op.abs(x)), [x]), { x: [-1, 0, 1] });
    expect([...slope]).toEqual([-1, 0, 1]);
  });

  it.each([
    ["minimum", op.minimum],
    ["maximum", op.maximum],
  ])("%s of equal operands gives the gradient to one of them, never to both", async (_, build) => {
    const [a, b] = [op.input("a", [2]), op.input("b", [2])];
    const [da, db] = await runGraph(onnxExecutor, gradient(op.sum(build(a, b)), [a, b]), { a: [1, -3], b: [1, -3] });
    expect([...da.map((value, i) => value + db[i])]).toEqual([1, 1]);
  });

  // float64 values of the functions where their plain formulas overflow or cancel
  it.each([
    ["softplus", op.softplus, [-80, -20, 0, 20, 100, 3e4], [1.8048513878454153e-35, 2.061153620314381e-9, Math.LN2, 20.000000002061153, 100, 3e4]],
    ["logCosh", op.logCosh, [-3e4, -100, 0, 100], [3e4 - Math.LN2, 100 - Math.LN2, 0, 100 - Math.LN2]],
    ["sigmoid", op.sigmoid, [-80, -20, 0, 20, 100], [1.8048513878454153e-35, 2.0611536181902037e-9, 0.5, 0.9999999979388463, 1]],
    ["silu", op.silu, [-1e4, -80, 0, 80, 1e4], [0, -1.4438811102763322e-33, 0, 80, 1e4]],
    ["tanh", op.tanh, [-1e4, -1e-4, 0, 1e-4, 1e4], [-1, -9.999999966666667e-5, 0, 9.999999966666667e-5, 1]],
  ])("%s is exact for large arguments", async (_, build, points, expected) => {
    const x = op.input("x", [points.length]);
    const y = build(x);
    const outputs = [y, ...gradient(op.sum(y), [x])];
    const [value, slope] = await runGraph(onnxExecutor, outputs, { x: points });
    expectClose(value, expected, { relative: 2e-7, absolute: 2e-7 });
    expect([...slope].every(Number.isFinite)).toBe(true);
  });
});

describe("graphs that are not valid", () => {
  const x = op.input("x", [3, 4]);
  const weight = op.input("weight", [5, 2]);
  it.each([
    ["matmul", () => op.matmul(x, weight), 'matmul: inner sizes 4 and 5 differ (input "x" [3,4], input "weight" [5,2])'],
    ["matmul of a vector", () => op.matmul(x, op.input("v", [4])), 'matmul: needs two matrices, or two equally long stacks of them (input "x" [3,4], input "v" [4])'],
    ["matmul of stacks", () => op.matmul(op.input("a", [2, 3, 4]), op.input("b", [3, 4, 5])), 'matmul: needs two matrices, or two equally long stacks of them (input "a" [2,3,4], input "b" [3,4,5])'],
    ["add", () => op.add(x, weight), 'add: the shapes do not broadcast (input "x" [3,4], input "weight" [5,2])'],
    ["reshape", () => op.reshape(x, [5]), 'reshape: [5] has another number of elements (input "x" [3,4])'],
    ["broadcast", () => op.broadcast(x, [3, 5]), 'broadcast: does not stretch to [3,5] (input "x" [3,4])'],
    ["transpose", () => op.transpose(x, [0, 0]), 'transpose: [0,0] is no permutation of the axes (input "x" [3,4])'],
    ["concat", () => op.concat([x, weight], 0), 'concat: the shapes differ outside axis 0 (input "x" [3,4], input "weight" [5,2])'],
    ["concat of nothing", () => op.concat([], 0), "concat: needs at least one tensor"],
    ["slice", () => op.slice(x, 1, 2, 5), 'slice: 2 to 5 is outside axis 1 (input "x" [3,4])'],
    ["sum", () => op.sumKeep(x, [2]), 'sum: there is no axis 2 (input "x" [3,4])'],
    ["clip", () => op.clip(x, 1, 0), 'clip: [1, 0] is not an interval (input "x" [3,4])'],
    ["input", () => op.input("y", [2, 0]), 'input "y": [2,0] is not a shape, sizes are positive integers'],
    ["constant", () => op.constant([1, 2, 3], [2]), "constant: 3 values do not fill shape [2]"],
    ["gradient", () => gradient(x, [x]), 'gradient: needs a scalar, got input "x" [3,4]'],
  ])("%s: the error names the operation and its operands", (_, build, message) => {
    expect(build).toThrow(new Error(message));
  });
});
