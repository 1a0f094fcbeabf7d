import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Arrays, Executor, Graph } from "../executor.ts";
import type { Shape } from "../tensor.ts";
import { lower } from "./lower.ts";

const sessionOptions: InferenceSession.SessionOptions = {
  // two processes use two cores better than one process with two threads
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  // lower.ts leaves nothing to gain, creation takes a third of the time, and the transposes before products stay
  graphOptimizationLevel: "disabled",
  logSeverityLevel: 3,
  // the Adam moment of a dead unit decays into denormal numbers, on which arithmetic is many times slower
  extra: { session: { set_denormal_as_zero: "1" } },
};

/** Loads a model's bytes for one thread. */
export function createSession(model: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(model, sessionOptions);
}

/** Graphs as ONNX models on onnxruntime's CPU kernels. */
export const onnxExecutor: Executor = {
  name: "onnx",
  async prepare({ inputs, outputs }: Graph) {
    const { model } = lower({
      inputs: inputs.map((tensor) => ({ tensor, name: tensor.attributes.name ?? "" })),
      outputs: [...outputs],
    });
    const session = await createSession(model);
    const shapes = new Map<string, Shape>([
      ...inputs.map(({ attributes, shape }) => [attributes.name ?? "", shape] as const),
      ...outputs.map(({ name, tensor }) => [name, tensor.shape] as const),
    ]);
    // wrapping an array costs more than running a small node, and the same few arrays come again and again
    const wrapped = new Map<string, WeakMap<Float32Array, OrtTensor>>([...shapes.keys()].map((name) => [name, new WeakMap()]));
    const wrap = (arrays: Arrays): Record<string, OrtTensor> => {
      const tensors: Record<string, OrtTensor> = {};
      for (const name of Object.keys(arrays)) {
        const known = wrapped.get(name);
        if (known === undefined) continue;
        const array = arrays[name];
        let tensor = known.get(array);
        if (tensor === undefined) known.set(array, (tensor = new OrtTensor("float32", array, shapes.get(name))));
        tensors[name] = tensor;
      }
      return tensors;
    };
    return {
      async run(given, produced) {
        await session.run(wrap(given), wrap(produced));
      },
      dispose: () => session.release(),
    };
  },
};
