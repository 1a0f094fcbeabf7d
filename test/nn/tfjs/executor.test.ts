import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import * as op from "../../../src/nn/operations.ts";
import { tfjsExecutor } from "../../../src/nn/tfjs/executor.ts";
import { runGraph } from "../graphs.ts";

const x = op.input("x", [3]);
const graph = { name: "test", inputs: [x], outputs: [{ name: "y", tensor: op.mul(x, 2) }] };

describe("tfjsExecutor", () => {
  it("says what to install when the package of its backend is missing", async () => {
    const executor = tfjsExecutor({ package: "@tensorflow/tfjs-node-gpu" });
    await expect(executor.prepare(graph)).rejects.toThrow(
      new UserError('TensorFlow.js: the package "@tensorflow/tfjs-node-gpu" is not installed; npm install @tensorflow/tfjs-node-gpu'),
    );
  });

  it("says so when a package registers no such backend, or is not known and names none", async () => {
    const wrong = tfjsExecutor({ package: "@tensorflow/tfjs-backend-cpu", backend: "webgl" });
    await expect(wrong.prepare(graph)).rejects.toThrow(
      new UserError('TensorFlow.js: the package "@tensorflow/tfjs-backend-cpu" has no backend "webgl"'),
    );
    expect(() => tfjsExecutor({ package: "tfjs-elsewhere" })).toThrow(
      new UserError(
        'TensorFlow.js: name the backend that "tfjs-elsewhere" registers; known are the packages ' +
          "@tensorflow/tfjs-backend-cpu, @tensorflow/tfjs-backend-wasm, @tensorflow/tfjs-node, @tensorflow/tfjs-node-gpu",
      ),
    );
  });

  it("computes on a backend that a package of the caller's registers", async () => {
    // the CPU backend under another name stands for one that is installed beside this project
    await tfjsExecutor().prepare(graph);
    const factory = tf.findBackendFactory("cpu");
    // a backend on WebAssembly or a GPU takes time to start
    tf.registerBackend("beside", async () => factory());
    for (const kernel of tf.getKernelsForBackend("cpu")) tf.registerKernel({ ...kernel, backendName: "beside" });
    const executor = tfjsExecutor({ package: "@tensorflow/tfjs-backend-cpu", backend: "beside" });
    expect(executor.name).toBe("tfjs-beside");
    const executable = await executor.prepare(graph);
    const other = await tfjsExecutor().prepare(graph);
    const y = new Float32Array(3);
    await executable.run({ x: Float32Array.of(1, 2, 3) }, { y });
    expect([...y]).toEqual([2, 4, 6]);
    expect(tf.getBackend()).toBe("beside");
    // executors of two backends take turns
    await other.run({ x: Float32Array.of(4, 5, 6) }, { y });
    expect([...y]).toEqual([8, 10, 12]);
    expect(tf.getBackend()).toBe("cpu");
  });

  it("leaves no tensors behind, and none of its constants are lost between runs", async () => {
    await tfjsExecutor().prepare(graph);
    const before = tf.memory().numTensors;
    const seven = op.constant([7, 8, 9], [3]);
    const outputs = [x, seven, op.stopGradient(seven), op.add(x, seven)].map((tensor, i) => ({ name: `${i}`, tensor }));
    const executable = await tfjsExecutor().prepare({ name: "test", inputs: [x], outputs });
    const arrays = Object.fromEntries(outputs.map(({ name }) => [name, new Float32Array(3)]));
    for (let run = 0; run < 3; run++) {
      await executable.run({ x: Float32Array.of(run, 0, 0) }, arrays);
      expect(Object.values(arrays).map((values) => [...values])).toEqual([[run, 0, 0], [7, 8, 9], [7, 8, 9], [7 + run, 8, 9]]);
    }
    await executable.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("names an input that is missing", async () => {
    await expect(runGraph(tfjsExecutor(), [op.exp(x)], {})).rejects.toThrow(new Error('the graph uses input "x" [3], which is no input of it'));
  });
});
