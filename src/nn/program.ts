import type { Adam } from "./adam.ts";
import type { Arrays, Executable, Executor, Graph } from "./executor.ts";
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
  const graph = trace(options, updatesPerRun, coefficientCount);
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
  const batches = Array.from(
    { length: updatesPerRun },
    () =>
      Object.fromEntries(
        entriesOf(options.batch).map(([key, shape]) => [key, new Float32Array(sizeOf(shape))]),
      ) as Record<B, Float32Array>,
  );
  const coefficients = new Float32Array(Math.max(1, coefficientCount * updatesPerRun));
  const outputs = Object.fromEntries(
    graph.outputs.filter(({ name: key }) => !key.startsWith("next/")).map(({ name: key, tensor }) => [key, new Float32Array(sizeOf(tensor.shape))]),
  ) as Record<O, Float32Array>;
  const feeds = [0, 1].map((copy) => {
    const feed: Record<string, Float32Array> = stateArrays(copy, "");
    batches.forEach((batch, k) => {
      for (const [key, array] of entriesOf(batch)) feed[`${key}@${k}`] = array;
    });
    if (coefficientCount > 0) feed.coefficients = coefficients;
    return feed;
  });
  const fetches = [0, 1].map((copy) => ({ ...stateArrays(1 - copy, "next/"), ...outputs }));

  let current = 0;
  let updates = 0;

  const fillCoefficients = (): void => {
    let position = 0;
    for (let k = 0; k < updatesPerRun; k++) {
      for (const [, adam] of optimizers) for (const value of adam.coefficients(updates + k)) coefficients[position++] = value;
    }
  };

  const contextArrays = (context: Readonly<Record<C, VectorValues>> | undefined): Record<string, Float32Array> =>
    Object.fromEntries(
      entriesOf(options.context).flatMap(([key, layout]) =>
        layout.chunks.map(({ size }, i) => {
          const chunk = context?.[key]?.[i];
          if (chunk?.length !== size) throw new Error(`${name}: context "${key}" needs ${size} numbers in chunk ${i}, got ${chunk?.length ?? "none"}`);
          return [`${key}#${i}`, chunk];
        }),
      ),
    );

  return {
    updatesPerRun,
    batches,
    get updates() {
      return updates;
    },
    state: (key) => arrays[current][key],
    setState(key, values) {
      arrays[current][key].forEach((chunk, i) => {
        chunk.set(values[i]);
      });
    },
    async run(context) {
      fillCoefficients();
      const given: Arrays = options.context === undefined ? feeds[current] : { ...feeds[current], ...contextArrays(context) };
      await executable.run(given, fetches[current]);
      for (const [key, values] of entriesOf(outputs)) {
        if (!values.every(Number.isFinite)) throw await blameNonFinite(graph, given, key);
      }
      current = 1 - current;
      updates += updatesPerRun;
      return outputs;
    },
    snapshot() {
      const snapshot: Record<string, NumericArray> = stateArrays(current, "");
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

/** Builds the graph of all unrolled updates. */
function trace<S extends string, C extends string, B extends string, O extends string, A extends string>(
  options: ProgramOptions<S, C, B, O, A>,
  updatesPerRun: number,
  coefficientCount: number,
): Graph {
  const { name } = options;
  const context = Object.fromEntries(entriesOf(options.context).map(([key, layout]) => [key, inputVector(key, layout)])) as Record<C, Vector>;
  const initial = Object.fromEntries(entriesOf(options.state).map(([key, layout]) => [key, inputVector(key, layout)])) as Record<S, Vector>;
  const coefficients = coefficientCount > 0 ? op.input("coefficients", [1, coefficientCount * updatesPerRun]) : undefined;
  const inputs: Tensor[] = [...entriesOf(context), ...entriesOf(initial)].flatMap(([, vector]) => [...vector.chunks]);
  if (coefficients !== undefined) inputs.push(coefficients);

  let state = initial;
  let outputs = {} as Record<O, Tensor>;
  for (let k = 0; k < updatesPerRun; k++) {
    const batch = Object.fromEntries(entriesOf(options.batch).map(([key, shape]) => [key, op.input(`${key}@${k}`, shape)])) as Record<B, Tensor>;
    inputs.push(...entriesOf(batch).map(([, tensor]) => tensor));
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
  return {
    name,
    inputs,
    outputs: [
      ...entriesOf(state).flatMap(([key, vector]) => vector.chunks.map((tensor, i) => ({ name: `next/${key}#${i}`, tensor }))),
      ...entriesOf(outputs).map(([key, tensor]) => ({ name: key, tensor })),
    ],
  };
}
