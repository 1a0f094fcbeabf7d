/** Sizes of the axes, outermost first; [] is a scalar. Every shape is static. */
export type Shape = readonly number[];

/** The primitive operations. Everything else is composed of them in operations.ts. */
export type Operation =
  | "input"
  | "constant"
  | "neg"
  | "exp"
  | "log"
  | "sqrt"
  | "abs"
  | "tanh"
  | "sigmoid"
  | "relu"
  | "silu"
  | "softplus"
  | "logCosh"
  | "positive"
  | "clip"
  | "within"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "minimum"
  | "maximum"
  | "lessEqual"
  | "matmul"
  | "sum"
  | "broadcast"
  | "reshape"
  | "transpose"
  | "concat"
  | "slice"
  | "stopGradient";

export interface Attributes {
  /** input: its name in the graph */
  readonly name?: string;
  /** constant: row-major values; a single number stands for a tensor filled with it */
  readonly values?: Float32Array | number;
  /** concat, slice */
  readonly axis?: number;
  /** slice: first index and the one after the last */
  readonly start?: number;
  readonly end?: number;
  /** sum: axes that are reduced to size 1 */
  readonly axes?: readonly number[];
  /** transpose: permutation of the axes */
  readonly permutation?: readonly number[];
  /** clip, within */
  readonly low?: number;
  readonly high?: number;
  /** matmul: the left or right matrix enters transposed (last two axes) */
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
}

/** A node of a symbolic graph: the value that an operation gives, float32, with a shape known when it is built. */
export interface Tensor {
  readonly id: number;
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly shape: Shape;
  readonly attributes: Attributes;
  /** What the value is called in error messages and in the exported graph. */
  label?: string;
}

let created = 0;

export function node(
  operation: Operation,
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Attributes = {},
): Tensor {
  return { id: created++, operation, inputs, shape, attributes };
}

/** Gives a tensor the name that errors use for it. */
export function named(label: string, x: Tensor): Tensor {
  x.label ??= label;
  return x;
}

/** How an error message calls a tensor: `matmul "hidden 1" [100,64]`. */
export function describe(x: Tensor): string {
  const name = x.label ?? x.attributes.name;
  return `${x.operation}${name === undefined ? "" : ` "${name}"`} [${x.shape.join(",")}]`;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The number that a constant is filled with; undefined for every other tensor. */
export const numberOf = (x: Tensor): number | undefined =>
  x.operation === "constant" && typeof x.attributes.values === "number" ? x.attributes.values : undefined;

/** Every tensor that the outputs depend on, inputs before the tensors that use them. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const visited = new Set<Tensor>();
  const stack: { tensor: Tensor; next: number }[] = [];
  for (const output of outputs) {
    if (visited.has(output)) continue;
    visited.add(output);
    stack.push({ tensor: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next === top.tensor.inputs.length) {
        order.push(top.tensor);
        stack.pop();
        continue;
      }
      const input = top.tensor.inputs[top.next++];
      if (!visited.has(input)) {
        visited.add(input);
        stack.push({ tensor: input, next: 0 });
      }
    }
  }
  return order;
}
