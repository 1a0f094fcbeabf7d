import * as tf from "@tensorflow/tfjs-core";
import { describe, topologicalOrder, type Tensor } from "../tensor.ts";

/** What the values of a graph's inputs and constants are; an interpreter computes the others. */
export type Known = ReadonlyMap<Tensor, tf.Tensor>;

const mask = (condition: tf.Tensor): tf.Tensor => tf.cast(condition, "float32");

/** A tensor of TensorFlow.js with a constant's values. */
export function constantTensor(x: Tensor): tf.Tensor {
  const { values = 0 } = x.attributes;
  return typeof values === "number" ? tf.fill([...x.shape], values) : tf.tensor(values, [...x.shape], "float32");
}

/**
 * Computes tensors of a graph node by node, as they were written: nothing is rewritten, fused or reordered. The caller
 * owns the memory (`tf.tidy`).
 */
export function interpret(outputs: readonly Tensor[], known: Known): tf.Tensor[] {
  const values = new Map<Tensor, tf.Tensor>(known);
  const valueOf = (x: Tensor): tf.Tensor => {
    const value = values.get(x);
    if (value === undefined) throw new Error(`the graph uses ${describe(x)}, which is no input of it`);
    return value;
  };
  for (const x of topologicalOrder(outputs)) {
    if (!values.has(x) && x.operation !== "input") values.set(x, evaluate(x, x.inputs.map(valueOf)));
  }
  return outputs.map(valueOf);
}

function evaluate(x: Tensor, operands: readonly tf.Tensor[]): tf.Tensor {
  const [a, b] = operands;
  const { axis = 0, start = 0, end = 0, axes = [], low = 0, high = 0, permutation } = x.attributes;
  switch (x.operation) {
    case "input":
      throw new Error(`${describe(x)} was not given`);
    case "constant":
      return constantTensor(x);
    case "stopGradient":
      return tf.clone(a);
    case "neg":
      return tf.neg(a);
    case "exp":
      return tf.exp(a);
    case "log":
      return tf.log(a);
    case "sqrt":
      return tf.sqrt(a);
    case "abs":
      return tf.abs(a);
    case "tanh":
      return tf.tanh(a);
    case "sigmoid":
      return tf.sigmoid(a);
    case "relu":
      return tf.relu(a);
    case "silu":
      return tf.mul(a, tf.sigmoid(a));
    case "softplus":
      return tf.softplus(a);
    case "logCosh":
      // |x| + log(1 + e^(−2|x|)) − log 2
      return tf.sub(tf.add(tf.abs(a), tf.softplus(tf.mul(tf.abs(a), -2))), Math.LN2);
    case "positive":
      return mask(tf.greater(a, 0));
    case "clip":
      return tf.clipByValue(a, low, high);
    case "within":
      return mask(tf.logicalAnd(tf.greaterEqual(a, low), tf.lessEqual(a, high)));
    case "add":
      return tf.add(a, b);
    case "sub":
      return tf.sub(a, b);
    case "mul":
      return tf.mul(a, b);
    case "div":
      return tf.div(a, b);
    case "minimum":
      return tf.minimum(a, b);
    case "maximum":
      return tf.maximum(a, b);
    case "lessEqual":
      return mask(tf.lessEqual(a, b));
    case "matmul":
      return tf.matMul(a, b, x.attributes.transposeLeft, x.attributes.transposeRight);
    case "sum":
      return tf.sum(a, [...axes], true);
    case "broadcast":
      return tf.broadcastTo(a, [...x.shape]);
    case "reshape":
      return tf.reshape(a, [...x.shape]);
    case "transpose":
      return tf.transpose(a, permutation && [...permutation]);
    case "concat":
      return tf.concat([...operands], axis);
    case "slice":
      return tf.slice(
        a,
        x.shape.map((_, i) => (i === axis ? start : 0)),
        x.shape.map((size, i) => (i === axis ? end - start : size)),
      );
  }
}
