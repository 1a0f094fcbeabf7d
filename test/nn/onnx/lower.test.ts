import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/random/index.ts";
import { gaussianPolicy } from "../../../src/nn/gaussian-policy.ts";
import { gradient } from "../../../src/nn/gradient.ts";
import { mlp } from "../../../src/nn/network.ts";
import * as op from "../../../src/nn/operations.ts";
import { lower } from "../../../src/nn/onnx/lower.ts";
import { sizeOf, topologicalOrder, type Tensor } from "../../../src/nn/tensor.ts";
import { constantVector, inputVector } from "../../../src/nn/vector.ts";
import { expectClose, randomInputs, uniformValues } from "../graphs.ts";
import { randomGraph } from "../random-graphs.ts";
import { reference } from "../reference.ts";
import { countTypes, decodeModel, type DecodedModel } from "./decode.ts";

const inputsOf = (outputs: readonly Tensor[]) =>
  topologicalOrder(outputs)
    .filter(({ operation }) => operation === "input")
    .map((tensor) => ({ tensor, name: tensor.attributes.name ?? "" }));

function decoded(outputs: readonly Tensor[], options: { portable?: boolean } = {}): DecodedModel {
  const named = outputs.map((tensor, i) => ({ tensor, name: `result ${i}` }));
  const { model, nodeCount } = lower({ inputs: inputsOf(outputs), outputs: named, ...options });
  const result = decodeModel(model);
  expect(result.nodes).toHaveLength(nodeCount);
  return result;
}

const types = (outputs: readonly Tensor[], options: { portable?: boolean } = {}): Record<string, number> =>
  countTypes(decoded(outputs, options));

const x = op.input("x", [6, 3]);
const weight = op.input("weight", [3, 4]);
const bias = op.input("bias", [1, 4]);

describe("what graphs are lowered to", () => {
  it("a dense layer with ReLU is one node, with another activation two", () => {
    const z = op.add(op.matmul(x, weight), bias);
    expect(types([op.relu(z)])).toEqual({ FusedGemm: 1 });
    expect(types([op.tanh(z)])).toEqual({ Gemm: 1, Tanh: 1 });
    // the standard has no fused product
    expect(types([op.relu(z)], { portable: true })).toEqual({ Gemm: 1, Relu: 1 });
  });

  it("a layer's value that is needed by itself stays", () => {
    const z = op.add(op.matmul(x, weight), bias);
    expect(decoded([op.relu(z), z]).outputs).toEqual({ "result 0": [6, 4], "result 1": [6, 4] });
    expect(types([op.relu(z), z])).toEqual({ Gemm: 1, Relu: 1 });
  });

  it("the gradients of a layer's weights and biases are products: nothing is summed, nothing transposed", () => {
    const y = op.relu(op.add(op.matmul(x, weight), bias));
    const loss = op.mean(op.square(y));
    const counts = types(gradient(loss, [weight, bias]));
    expect(counts.ReduceSum).toBeUndefined();
    expect(counts.Transpose).toBeUndefined();
    expect((counts.Gemm ?? 0) + (counts.FusedGemm ?? 0)).toBe(3);
  });

  it("a scaled product takes the number into the product", () => {
    const { nodes } = decoded([op.sub(bias, op.mul(op.matmul(x, weight), 0.25))]);
    expect(nodes.map(({ type }) => type)).toEqual(["Gemm"]);
    expect(nodes[0].attributes).toMatchObject({ alpha: -0.25, beta: 1 });
  });

  it("the pieces of a vector are cut by one Split, and their gradients joined by one Concat", () => {
    const theta = op.input("theta", [1, 24]);
    const pieces = op.split(theta, 1, [4, 8, 12]).map((piece) => op.sum(op.square(piece)));
    const loss = pieces.reduce((a, b) => op.add(a, b));
    const counts = types([loss, ...gradient(loss, [theta])]);
    expect(counts).toMatchObject({ Split: 1, Concat: 1 });
    expect(counts.Slice).toBeUndefined();
  });

  it("values carry the names of tensors, so that a runtime's message can be understood", () => {
    const network = mlp({ inputs: 3, hidden: [4], outputs: 1, name: "critic" });
    const [q] = network.apply(inputVector("theta", network.layout), x);
    const { tensors } = lower({ inputs: inputsOf([q]), outputs: [{ tensor: q, name: "q" }] });
    const hidden = [...tensors.keys()].find((name) => name.startsWith("critic_layer_0"));
    expect(hidden).toBeDefined();
    expect(tensors.get(hidden ?? "")?.label).toBe("critic layer 0");
  });
});

describe("portable models", () => {
  const sessionRun = async (model: Uint8Array, feed: Record<string, OrtTensor>) => {
    const session = await InferenceSession.create(model);
    const results = await session.run(feed);
    await session.release();
    return results;
  };

  it.each(Array.from({ length: 20 }, (_, seed) => 2000 + seed))(
    "use the standard's operations only, and compute random graph %i",
    async (seed) => {
      const outputs = randomGraph(createRandom(seed), 25);
      const inputs = inputsOf(outputs);
      const { model } = lower({ inputs, outputs: outputs.map((tensor, i) => ({ tensor, name: `result ${i}` })), portable: true });
      const { nodes, opsets } = decodeModel(model);
      expect(nodes.filter(({ domain }) => domain !== "")).toEqual([]);
      expect(opsets).toEqual({ "": 18 });
      const values = randomInputs(outputs, seed);
      const feed = Object.fromEntries(inputs.map(({ tensor, name }) => [name, new OrtTensor("float32", values[name], tensor.shape)]));
      const results = await sessionRun(model, feed);
      reference(outputs, values).forEach((exact, i) => {
        expectClose(results[`result ${i}`].data as Float32Array, exact, { relative: 1e-4, absolute: 3e-5 }, outputs[i]);
      });
    },
  );

  it("of a policy take batches of any size, and hold its weights and metadata", async () => {
    const policy = gaussianPolicy({ observationSize: 4, actionSize: 2, hidden: [9], activation: "silu", actionLow: [-1, 0], actionHigh: [1, 3] });
    const phi = policy.network.initialize(createRandom(1));
    const exported = (rows: number): Tensor[] => [
      policy.mean(constantVector(policy.network.layout, phi), op.input("observation", [rows, 4])),
    ];
    const OPEN = 8191;
    const [action] = exported(OPEN);
    const { model } = lower({
      inputs: inputsOf([action]),
      outputs: [{ tensor: action, name: "action" }],
      portable: true,
      dynamicBatch: OPEN,
      metadata: { kind: "policy" },
    });
    const description = decodeModel(model);
    expect(description.inputs).toEqual({ observation: ["batch", 4] });
    expect(description.outputs).toEqual({ action: ["batch", 2] });
    expect(description.metadata).toEqual({ kind: "policy" });
    // nothing in the model is as large as the size that stands for the open axis
    for (const { shape } of Object.values(description.initializers)) expect(sizeOf(shape)).toBeLessThan(OPEN);
    for (const rows of [1, 5, 300]) {
      const observation = uniformValues(createRandom(rows), 4 * rows, -1, 1);
      const results = await sessionRun(model, { observation: new OrtTensor("float32", observation, [rows, 4]) });
      expect(results.action.dims).toEqual([rows, 2]);
      expectClose(results.action.data as Float32Array, reference(exported(rows), { observation })[0]);
    }
  });
});
