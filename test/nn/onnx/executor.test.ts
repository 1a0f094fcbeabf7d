import { describe, expect, it } from "vitest";
import { adam, momentLayouts } from "../../../src/nn/adam.ts";
import * as op from "../../../src/nn/operations.ts";
import { onnxExecutor } from "../../../src/nn/onnx/executor.ts";
import { compile } from "../../../src/nn/program.ts";
import { layoutOf } from "../../../src/nn/vector.ts";
import { runGraph } from "../graphs.ts";

/** The smallest float32 number that is not denormal. */
const SMALLEST_NORMAL = 2 ** -126;

describe("denormal numbers", () => {
  it("come out as 0, and go in as 0", async () => {
    const [x, y] = [op.input("x", [40]), op.input("y", [40])];
    const values = { x: new Float32Array(40).fill(1e-30), y: new Float32Array(40).fill(1e-10) };
    // the products would be 1e-40: a number that float32 can hold, with fewer digits and much slower arithmetic
    expect(Math.fround(1e-30 * 1e-10)).toBeGreaterThan(0);
    const [product, restored] = await runGraph(onnxExecutor, [op.mul(x, y), op.mul(op.mul(x, y), 1e38)], values);
    expect([...product]).toEqual(new Array(40).fill(0));
    // it is the intermediate result that was 0: 1e-40·1e38 = 0.01
    expect([...restored]).toEqual(new Array(40).fill(0));
    const [given] = await runGraph(onnxExecutor, [op.mul(x, 1e20)], { x: new Float32Array(40).fill(1e-40) });
    expect([...given]).toEqual(new Array(40).fill(0));
  });

  it("do not pile up in the moments of a unit that died: 2,000 Adam steps with gradients that stopped", async () => {
    const layout = layoutOf({ weight: [64] });
    const optimizer = adam({ learningRate: 1e-3 });
    const program = await compile({
      name: "dead unit",
      updatesPerRun: 10,
      state: { theta: layout, ...momentLayouts("theta", layout) },
      batch: { slope: [1, 64] },
      optimizers: { optimizer },
      update({ state, batch, optimizer: coefficients }) {
        const moments = { first: state["theta.m"], second: state["theta.v"] };
        const step = optimizer.step(state.theta, { layout, chunks: [batch.slope] }, moments, coefficients.optimizer);
        return { state: { theta: step.theta, "theta.m": step.moments.first, "theta.v": step.moments.second }, outputs: {} };
      },
    });
    program.batches[0].slope.fill(1e-6);
    await program.run();
    program.batches[0].slope.fill(0);
    for (let i = 0; i < 200; i++) {
      await program.run();
      for (const name of ["theta.m", "theta.v"] as const) {
        const [values] = program.state(name);
        expect(values.every((value) => value === 0 || Math.abs(value) >= SMALLEST_NORMAL), `${name} after ${program.updates}`).toBe(true);
      }
    }
    // 0.9^n·1e-6 leaves the normal numbers after 690 steps: the case did occur
    expect(program.state("theta.m")[0].every((value) => value === 0)).toBe(true);
    expect(program.state("theta.v")[0].every((value) => value > 0)).toBe(true);
    await program.dispose();
  });
});

describe("onnxExecutor", () => {
  it("reads an array anew at each run, and can be given another one", async () => {
    const x = op.input("x", [2]);
    const executable = await onnxExecutor.prepare({ name: "test", inputs: [x], outputs: [{ name: "y", tensor: op.add(x, 1) }] });
    const [first, second] = [Float32Array.of(1, 2), Float32Array.of(10, 20)];
    const [y, z] = [new Float32Array(2), new Float32Array(2)];
    await executable.run({ x: first }, { y });
    expect([...y]).toEqual([2, 3]);
    first.set([5, 6]);
    await executable.run({ x: first }, { y: z });
    await executable.run({ x: second }, { y });
    expect([[...y], [...z]]).toEqual([[11, 21], [6, 7]]);
    await executable.dispose();
  });

  it("computes one tensor under two names, inputs and constants as outputs, and nothing from unused inputs", async () => {
    const [x, unused] = [op.input("x", [2]), op.input("unused", [3])];
    const y = op.exp(x);
    const tensors = [y, y, x, op.constant([3, 4], [2]), op.stopGradient(y), op.mul(op.exp(x), 1)];
    const executable = await onnxExecutor.prepare({
      name: "test",
      inputs: [x, unused],
      outputs: tensors.map((tensor, i) => ({ name: `result ${i}`, tensor })),
    });
    const arrays = Object.fromEntries(tensors.map((_, i) => [`result ${i}`, new Float32Array(2)]));
    await executable.run({ x: Float32Array.of(0, 1), unused: new Float32Array(3) }, arrays);
    const e = Math.fround(Math.E);
    expect(Object.values(arrays).map((values) => [...values])).toEqual([[1, e], [1, e], [0, 1], [3, 4], [1, e], [1, e]]);
    await executable.dispose();
  });
});
