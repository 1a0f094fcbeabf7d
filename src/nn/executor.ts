import type { Tensor } from "./tensor.ts";

/** A graph with its inputs and outputs by name. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor }[];
}

export type Arrays = Readonly<Record<string, Float32Array>>;

/** A graph ready to run. */
export interface Executable {
  /** Computes every output from the inputs, into the given arrays, which must not be inputs of the same run. */
  run(inputs: Arrays, outputs: Arrays): Promise<void>;
  dispose(): Promise<void>;
}

/** A backend that graphs run on. */
export interface Executor {
  readonly name: string;
  prepare(graph: Graph): Promise<Executable>;
}
