import type { Adam } from "./adam.ts";
import type { Executable, Executor, Graph } from "./executor.ts";
import * as op from "./operations.ts";
import { describe, named, sameShape, sizeOf, type Shape, type Tensor } from "./tensor.ts";
import { inputVector, zeros, type Layout, type Vector, type VectorValues } from "./vector.ts";
import { onnxExecutor } from "./onnx/executor.ts";
import { blameNonFinite } from "./diagnose.ts";
import type { Checkpointable, NumericArray } from "../runs/snapshot.ts";

/** What one update sees: symbolic values of its state, context, minibatch and optimiser coefficients. */
export interface Scope<S extends string, C extends string, B extends string, A extends string> {
  readonly state: Readonly<Record<S, Vector>>;
  readonly context: Readonly<Record<C, Vector>>;
  readonly batch: Readonly<Record<B, Tensor>>;
  readonly optimizer: Readonly<Record<A, readonly Tensor[]>>;
}

export interface ProgramOptions<S extends string, C extends string, B extends string, O extends string, A extends string> {
  readonly name: string;
  /** Vectors that an update replaces, and that the program keeps. */
  readonly state: Readonly<Record<S, Layout>>;
  /** Vectors that an update only reads, given at each run. */
  readonly context?: Readonly<Record<C, Layout>>;
  /** Shapes of the arrays of one update, filled in before each run. */
  readonly batch: Readonly<Record<B, Shape>>;
  /** Optimisers by name; their coefficients for each update come in {@link Scope.optimizer}. */
  readonly optimizers?: Readonly<Record<A, Adam>>;
  /** Updates that one run makes one after the other, each on its own batch: hides the fixed costs of a run. */
  readonly updatesPerRun?: number;
  /** One update, built once per unrolled update. What it does not replace in the state stays. */
  update(scope: Scope<S, C, B, A>): { state: Partial<Record<S, Vector>>; outputs: Record<O, Tensor> };
}

/** A function of state and batch that is traced once and run many times with preallocated memory. */
export interface Program<S extends string, C extends string, B extends string, O extends string> extends Checkpointable {
  readonly updatesPerRun: number;
  /** Arrays to fill before a run, per update. */
  readonly batches: readonly Readonly<Record<B, Float32Array>>[];
  /** The current numbers of a state vector; valid until the next run. */
  state(name: S): VectorValues;
  setState(name: S, values: VectorValues): void;
  /** Updates made so far. */
  readonly updates: number;
  /**
   * Makes `updatesPerRun` updates.
   * @returns the outputs of the last of them; the arrays are reused by the next run
   * @throws Error that names the first node whose value is not finite, when an output is not finite; the state is then
   *   the one before the run
   */
  run(context?: Readonly<Record<C, VectorValues>>): Promise<Readonly<Record<O, Float32Array>>>;
  dispose(): Promise<void>;
}

const entriesOf = <K extends string, V>(record: Readonly<Record<K, V>> | undefined): [K, V][] =>
  Object.entries(record ?? {}) as [K, V][];

export async function compile<
  S extends string = never,
  C extends string = never,
  B extends string = never,
  O extends string = never,
  A extends string = never,
>(options: ProgramOptions<S, C, B, O, A>, executor: Executor = onnxExecutor): Promise<Program<S, C, B, O>> {
  const { name, updatesPerRun = 1 } = options;
  const optimizers = entriesOf(options.optimizers);
  const coefficientCount = optimizers.reduce((count, [, adam]) => count + adam.coefficientCount, 0);
  const { graph, outputSizes } = trace(options, updatesPerRun, coefficientCount);
  const executable: Executable = await executor.prepare(graph);

  // Two copies of the state take turns: a run reads one and writes the other, so that no order of the graph's nodes can
  // read a weight that is already replaced, and the state before a failed run is still there.
  const arrays = [0, 1].map(
    () => Object.fromEntries(entriesOf(options.state).map(([key, layout]) => [key, zeros(layout)])) as Record<S, Float32Array[]>,
  );
  const stateArrays = (copy: number, prefix: string): Record<string, Float32Array> =>
    Object.fromEntries(
      entriesOf(arrays[copy]).flatMap(([key, chunks]) => chunks.map((chunk, i) => [`${prefix}${key}#${i}`, chunk])),
    );
  // One tensor for the minibatches of all updates of a run, and one for all outputs: the binding takes 1.1 µs per input and
  // 2.4 µs per output. The arrays that the caller sees are parts of them.
  const batchArrays = entriesOf(options.batch).map(([key, shape]) => ({
    key,
    size: sizeOf(shape),
    all: new Float32Array(sizeOf(shape) * updatesPerRun),
  }));
  const batches = Array.from(
    { length: updatesPerRun },
    (_, k) =>
      Object.fromEntries(
        batchArrays.map(({ key, size, all }) => [key, all.subarray(k * size, (k + 1) * size)]),
      ) as Record<B, Float32Array>,
  );
  const coefficients = new Float32Array(Math.max(1, coefficientCount * updatesPerRun));
  const packed = new Float32Array(outputSizes.reduce((sum, [, size]) => sum + size, 0));
  let offset = 0;
  const outputs = Object.fromEntries(
    outputSizes.map(([key, size]) => [key, packed.subarray(offset, (offset += size))]),
  ) as Record<O, Float32Array>;
  const feeds = [0, 1].map((copy) => {
    const feed: Record<string, Float32Array> = stateArrays(copy, "");
    for (const { key, all } of batchArrays) feed[batchName(key, updatesPerRun)] = all;
    if (coefficientCount > 0) feed.coefficients = coefficients;
    return feed;
  });
  const fetches = [0, 1].map((copy) => ({ ...stateArrays(1 - copy, "next/"), ...(outputSizes.length > 0 && { [OUTPUTS]: packed }) }));

  const contextInputs = entriesOf(options.context).flatMap(([key, layout]) =>
    layout.chunks.map(({ size }, chunk) => ({ key, size, chunk, input: `${key}#${chunk}` })),
  );

  let current = 0;
  let updates = 0;

  const fillCoefficients = (): void => {
    let position = 0;
    for (let k = 0; k < updatesPerRun; k++) {
      for (const [, adam] of optimizers) for (const value of adam.coefficients(updates + k)) coefficients[position++] = value;
    }
  };

  const fillContext = (feed: Record<string, Float32Array>, context: Readonly<Record<C, VectorValues>> | undefined): void => {
    for (const { key, size, chunk, input } of contextInputs) {
      const values = context?.[key]?.[chunk];
      if (values?.length !== size) {
        throw new Error(`${name}: context "${key}" needs ${size} numbers in chunk ${chunk}, got ${values?.length ?? "none"}`);
      }
      feed[input] = values;
    }
  };

  return {
    updatesPerRun,
    batches,
    get updates() {
      return updates;
    },
    state: (key) => arrays[current][key],
    setState(key, values) {
      arrays[current][key].forEach((chunk, i) => {
        const source = values[i];
        if (source?.length !== chunk.length) {
          throw new Error(`${name}: state "${key}" needs ${chunk.length} numbers in chunk ${i}, got ${source?.length ?? "none"}`);
        }
        chunk.set(source);
      });
    },
    async run(context) {
      fillCoefficients();
      const given = feeds[current];
      fillContext(given, context);
      await executable.run(given, fetches[current]);
      if (!packed.every(Number.isFinite)) {
        const [key] = entriesOf(outputs).find(([, values]) => !values.every(Number.isFinite)) ?? [OUTPUTS];
        throw await blameNonFinite(graph, given, key);
      }
      current = 1 - current;
      updates += updatesPerRun;
      return outputs;
    },
    snapshot() {
      const snapshot: Record<string, NumericArray> = stateArrays(current, "");
      // a gradient can fail where its loss is finite; such a state must not replace a good checkpoint
      const bad = Object.keys(snapshot).find((key) => !snapshot[key].every(Number.isFinite));
      if (bad !== undefined) throw new Error(`${name}: the state "${bad}" holds a value that is not finite`);
      return { arrays: snapshot, values: { updates } };
    },
    restore({ arrays: saved, values }) {
      for (const [key, chunk] of Object.entries(stateArrays(current, ""))) {
        const source = saved[key];
        if (source?.length !== chunk.length) {
          throw new Error(`${name}: the saved state has ${source?.length ?? "no"} numbers for "${key}", needed are ${chunk.length}`);
        }
        chunk.set(source);
      }
      updates = Number(values.updates);
    },
    dispose: () => executable.dispose(),
  };
}

/** The graph's one tensor of all outputs of the update. */
const OUTPUTS = "outputs";

/** The input of all minibatches of a run: `noise@0`, `noise@0-9`. */
const batchName = (key: string, updatesPerRun: number): string => `${key}@0${updatesPerRun > 1 ? `-${updatesPerRun - 1}` : ""}`;

/** Builds the graph of all unrolled updates. */
function trace<S extends string, C extends string, B extends string, O extends string, A extends string>(
  options: ProgramOptions<S, C, B, O, A>,
  updatesPerRun: number,
  coefficientCount: number,
): { graph: Graph; outputSizes: [O, number][] } {
  const { name } = options;
  const context = Object.fromEntries(entriesOf(options.context).map(([key, layout]) => [key, inputVector(key, layout)])) as Record<C, Vector>;
  const initial = Object.fromEntries(entriesOf(options.state).map(([key, layout]) => [key, inputVector(key, layout)])) as Record<S, Vector>;
  const coefficients = coefficientCount > 0 ? op.input("coefficients", [1, coefficientCount * updatesPerRun]) : undefined;
  const inputs: Tensor[] = [...entriesOf(context), ...entriesOf(initial)].flatMap(([, vector]) => [...vector.chunks]);
  if (coefficients !== undefined) inputs.push(coefficients);

  const batchInputs = entriesOf(options.batch).map(([key, shape]) => {
    const [rows = 1, ...rest] = shape;
    return { key, shape, rows, all: op.input(batchName(key, updatesPerRun), [rows * updatesPerRun, ...rest]) };
  });
  inputs.push(...batchInputs.map(({ all }) => all));

  let state = initial;
  let outputs = {} as Record<O, Tensor>;
  for (let k = 0; k < updatesPerRun; k++) {
    const batch = Object.fromEntries(
      batchInputs.map(({ key, shape, rows, all }) => [
        key,
        named(`${key}@${k}`, op.reshape(op.slice(all, 0, k * rows, (k + 1) * rows), shape)),
      ]),
    ) as Record<B, Tensor>;
    let offset = k * coefficientCount;
    const optimizer = Object.fromEntries(
      entriesOf(options.optimizers).map(([key, adam]) => [
        key,
        Array.from({ length: adam.coefficientCount }, () => {
          if (coefficients === undefined) throw new Error(`${name}: no coefficients`);
          return op.slice(coefficients, 1, offset, ++offset);
        }),
      ]),
    ) as Record<A, Tensor[]>;
    const result = options.update({ state, context, batch, optimizer });
    for (const [key, next] of Object.entries(result.state) as [S, Vector][]) {
      if (!(key in state)) throw new Error(`${name}: the update returns state "${key}", which is not declared`);
      next.chunks.forEach((chunk, i) => {
        if (!sameShape(chunk.shape, state[key].chunks[i].shape)) {
          throw new Error(`${name}: state "${key}" has shape [${state[key].chunks[i].shape.join(",")}], the update returns ${describe(chunk)}`);
        }
      });
    }
    state = { ...state, ...(result.state as Record<S, Vector>) };
    outputs = result.outputs;
  }
  for (const [key, tensor] of entriesOf(outputs)) named(key, tensor);
  const flat = entriesOf(outputs).map(([, tensor]) => op.reshape(tensor, [sizeOf(tensor.shape)]));
  const graph = {
    name,
    inputs,
    outputs: [
      ...entriesOf(state).flatMap(([key, vector]) => vector.chunks.map((tensor, i) => ({ name: `next/${key}#${i}`, tensor }))),
      ...(flat.length > 0 ? [{ name: OUTPUTS, tensor: op.concat(flat, 0) }] : []),
    ],
  };
  return { graph, outputSizes: entriesOf(outputs).map(([key, tensor]) => [key, sizeOf(tensor.shape)]) };
}
