import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel, type Model } from "../../../src/nn/onnx/protobuf.ts";
import { decodeModel } from "./decode.ts";

const model: Model = {
  nodes: [
    { name: "flip", type: "Transpose", inputs: ["x"], outputs: ["flipped"], attributes: { perm: [1, 0] } },
    { name: "soft", type: "LeakyRelu", inputs: ["flipped"], outputs: ["soft"], attributes: { alpha: { float: 0.1 } } },
    { name: "last", type: "Slice", inputs: ["soft", "start", "end"], outputs: ["last"], attributes: {} },
    { name: "total", type: "ReduceSum", inputs: ["last"], outputs: ["y"], attributes: { keepdims: 0 } },
    { name: "scaled", type: "Mul", inputs: ["soft", "factor"], outputs: ["gelaufen_ü"], attributes: {} },
  ],
  initializers: [
    { name: "start", shape: [1], values: BigInt64Array.of(-1n) },
    { name: "end", shape: [1], values: BigInt64Array.of(2n ** 62n) },
    // a view into a larger array
    { name: "factor", shape: [2], values: Float32Array.of(9, 0.5, -0.25, 9).subarray(1, 3) },
  ],
  inputs: [{ name: "x", shape: [2, 300] }],
  outputs: [
    { name: "y", shape: [] },
    { name: "gelaufen_ü", shape: ["batch", 2] },
  ],
  metadata: { kind: "policy", note: "Größe → 3" },
};

describe("encodeModel", () => {
  it("writes what another reader reads", () => {
    const decoded = decodeModel(encodeModel(model));
    expect(decoded.nodes).toEqual([
      { name: "flip", type: "Transpose", domain: "", inputs: ["x"], outputs: ["flipped"], attributes: { perm: [1, 0] } },
      { name: "soft", type: "LeakyRelu", domain: "", inputs: ["flipped"], outputs: ["soft"], attributes: { alpha: Math.fround(0.1) } },
      { name: "last", type: "Slice", domain: "", inputs: ["soft", "start", "end"], outputs: ["last"], attributes: {} },
      { name: "total", type: "ReduceSum", domain: "", inputs: ["last"], outputs: ["y"], attributes: { keepdims: 0 } },
      { name: "scaled", type: "Mul", domain: "", inputs: ["soft", "factor"], outputs: ["gelaufen_ü"], attributes: {} },
    ]);
    expect(decoded.initializers).toEqual({
      start: { shape: [1], values: [-1] },
      end: { shape: [1], values: [2 ** 62] },
      factor: { shape: [2], values: [0.5, -0.25] },
    });
    expect(decoded.inputs).toEqual({ x: [2, 300] });
    expect(decoded.outputs).toEqual({ y: [], "gelaufen_ü": ["batch", 2] });
    expect(decoded.metadata).toEqual({ kind: "policy", note: "Größe → 3" });
    expect(decoded.opsets).toEqual({ "": 18 });
  });

  it("declares the operations of com.microsoft only when one is used", () => {
    const [first, ...rest] = model.nodes;
    const used = decodeModel(encodeModel({ ...model, nodes: [{ ...first, domain: "com.microsoft" }, ...rest] }));
    expect(used.opsets).toEqual({ "": 18, "com.microsoft": 1 });
  });

  it("writes what onnxruntime loads and computes", async () => {
    const session = await InferenceSession.create(encodeModel(model));
    const x = Float32Array.from({ length: 600 }, (_, i) => (i % 7) - 3);
    const results = await session.run({ x: new OrtTensor("float32", x, [2, 300]) });
    const leaky = (value: number): number => (value < 0 ? 0.1 * value : value);
    expect(results.y.data[0]).toBeCloseTo(leaky(x[299]) + leaky(x[599]), 6);
    expect(results["gelaufen_ü"].dims).toEqual([300, 2]);
    expect(results["gelaufen_ü"].data[2]).toBeCloseTo(0.5 * leaky(x[1]), 6);
    expect(results["gelaufen_ü"].data[3]).toBeCloseTo(-0.25 * leaky(x[301]), 6);
    await session.release();
  });
});
