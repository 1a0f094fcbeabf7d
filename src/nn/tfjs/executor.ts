import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../errors.ts";
import type { Arrays, Executor, Graph } from "../executor.ts";
import { sameShape, topologicalOrder, type Tensor } from "../tensor.ts";
import { constantTensor, interpret } from "./interpret.ts";

/** The name that a package registers its backend under, for the packages of TensorFlow.js. */
const backendNames: Readonly<Record<string, string>> = {
  "@tensorflow/tfjs-backend-cpu": "cpu",
  "@tensorflow/tfjs-backend-wasm": "wasm",
  "@tensorflow/tfjs-node": "tensorflow",
  "@tensorflow/tfjs-node-gpu": "tensorflow",
};

export interface TfjsOptions {
  /**
   * The package whose backend computes. `@tensorflow/tfjs-backend-cpu` by default, the only one that is installed with
   * this project; any other has to be installed beside it.
   */
  readonly package?: string;
  /** The name that the package registers its backend under; needed for packages from elsewhere only. */
  readonly backend?: string;
}

async function loadBackend(name: string, backend: string): Promise<void> {
  // otherwise the CPU backend advertises a native package on the console
  tf.enableProdMode();
  try {
    await import(name);
  } catch (error) {
    const [reason] = String(error).split("\n");
    // a package that is there and misses one of its own is another mistake
    const missing = reason.includes(`Cannot find package '${name}'`) || reason.includes(`Cannot find module '${name}'`);
    throw new UserError(
      missing
        ? `TensorFlow.js: the package "${name}" is not installed; npm install ${name}`
        : `TensorFlow.js: the package "${name}" does not load: ${reason}`,
    );
  }
  if (tf.findBackendFactory(backend) === null) {
    throw new UserError(`TensorFlow.js: the package "${name}" has no backend "${backend}"`);
  }
}

/**
 * Graphs on TensorFlow.js, interpreted node by node as they were written. Slow on the CPU: it is what the fast executor
 * is compared with. With the GPU package of TensorFlow.js it trains on a GPU:
 *
 * @example
 * // after npm install @tensorflow/tfjs-node-gpu
 * const program = await compile(options, tfjsExecutor({ package: "@tensorflow/tfjs-node-gpu" }));
 *
 * `prepare` throws UserError when the package is missing or does not load.
 */
export function tfjsExecutor(options: TfjsOptions = {}): Executor {
  const name = options.package ?? "@tensorflow/tfjs-backend-cpu";
  const backend = options.backend ?? backendNames[name];
  if (backend === undefined) {
    throw new UserError(
      `TensorFlow.js: name the backend that "${name}" registers; known are the packages ${Object.keys(backendNames).join(", ")}`,
    );
  }
  const useBackend = async (): Promise<void> => {
    if (tf.getBackend() !== backend && !(await tf.setBackend(backend))) {
      throw new UserError(`TensorFlow.js: the backend "${backend}" of "${name}" does not start`);
    }
  };
  return {
    name: `tfjs-${backend}`,
    async prepare({ inputs, outputs }: Graph) {
      await loadBackend(name, backend);
      await useBackend();
      const results = outputs.map(({ tensor }) => tensor);
      const constants = new Map<Tensor, tf.Tensor>(
        topologicalOrder(results)
          .filter(({ operation }) => operation === "constant")
          .map((x) => [x, constantTensor(x)]),
      );
      const compute = (given: Arrays): tf.Tensor[] =>
        tf.tidy(() => {
          const known = new Map(constants);
          for (const x of inputs) {
            const array = given[x.attributes.name ?? ""];
            // the CPU backend keeps the array itself, so an input must not change while its tensor lives
            if (array !== undefined) known.set(x, tf.tensor(array, [...x.shape], "float32"));
          }
          // a result can be an input or a constant, which the caller of `compute` must not dispose
          return interpret(results, known).map((value) => tf.clone(value));
        });
      return {
        async run(given, produced) {
          await useBackend();
          const values = compute(given);
          for (let i = 0; i < outputs.length; i++) {
            const { name: key, tensor } = outputs[i];
            if (!sameShape(values[i].shape, tensor.shape)) {
              throw new Error(`TensorFlow.js gives "${key}" the shape [${values[i].shape.join(",")}], the graph has [${tensor.shape.join(",")}]`);
            }
            produced[key].set(await values[i].data());
          }
          tf.dispose(values);
        },
        async dispose() {
          tf.dispose([...constants.values()]);
        },
      };
    },
  };
}
