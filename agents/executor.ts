import type { Executor } from "../src/nn/executor.ts";
import { onnxExecutor } from "../src/nn/onnx/executor.ts";
import { tfjsExecutor } from "../src/nn/tfjs/executor.ts";

/** The executor of a configuration: `onnx`, or the package of a TensorFlow.js backend, which must be installed. */
export const executorOf = (name: string): Executor => (name === "onnx" ? onnxExecutor : tfjsExecutor({ package: name }));
