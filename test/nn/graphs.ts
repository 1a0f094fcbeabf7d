import { expect } from "vitest";
import { createRandom, type Random } from "../../src/random/index.ts";
import type { Executor } from "../../src/nn/executor.ts";
import { rewrite } from "../../src/nn/rewrite.ts";
import { describe as describeTensor, sizeOf, topologicalOrder, type Operation, type Tensor } from "../../src/nn/tensor.ts";
import { reference, type Values } from "./reference.ts";

/** Runs a graph once on an executor; the inputs are found by themselves. */
export async function runGraph(executor: Executor, outputs: readonly Tensor[], inputs: Values): Promise<Float32Array[]> {
  const executable = await executor.prepare({
    name: "test",
    inputs: topologicalOrder(outputs).filter(({ operation }) => operation === "input"),
    outputs: outputs.map((tensor, i) => ({ name: `result ${i}`, tensor })),
  });
  const arrays = outputs.map(({ shape }) => new Float32Array(sizeOf(shape)));
  const given = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)]));
  await executable.run(given, Object.fromEntries(arrays.map((array, i) => [`result ${i}`, array])));
  await executable.dispose();
  return arrays;
}

/** Values that float32 holds exactly, so that float32 and float64 computations start from the same numbers. */
export function uniformValues(random: Random, size: number, low: number, high: number): Float32Array {
  const values = new Float32Array(size);
  random.fillUniform(values, low, high);
  return values;
}

/** Random values for the inputs that some tensors depend on, in [low, high) each. */
export function randomInputs(outputs: readonly Tensor[], seed: number, low = -2, high = 2): Record<string, Float32Array> {
  const random = createRandom(seed);
  return Object.fromEntries(
    topologicalOrder(outputs)
      .filter(({ operation }) => operation === "input")
      .map(({ attributes: { name = "" }, shape }) => [name, uniformValues(random.split(name), sizeOf(shape), low, high)]),
  );
}

export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/** Every element within absolute + relative·|expected|; the message names the worst. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 1e-5, absolute = 2e-6 }: Tolerance = {},
  what: string | Tensor = "values",
): void {
  const name = typeof what === "string" ? what : describeTensor(what);
  expect(actual.length, `${name}: length`).toBe(expected.length);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < expected.length; i++) {
    const equal = Object.is(actual[i], expected[i]) || actual[i] === expected[i];
    const error = equal ? 0 : Math.abs(actual[i] - expected[i]) / (absolute + relative * Math.abs(expected[i]));
    const excess = Number.isNaN(error) ? Infinity : error;
    if (excess > worst) [worst, at] = [excess, i];
  }
  expect(worst, `${name}: element ${at} is ${actual[at]}, expected ${expected[at]}; error over tolerance`).toBeLessThanOrEqual(1);
}

/** How often each operation stands in a graph, inputs and constants left out. */
export function operations(outputs: readonly Tensor[]): Partial<Record<Operation, number>> {
  const counts: Partial<Record<Operation, number>> = {};
  for (const { operation } of topologicalOrder(outputs)) {
    if (operation !== "input" && operation !== "constant") counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

/** Rewrites a graph; first of all its values must be the same. */
export function rewritten(outputs: readonly Tensor[]): Tensor[] {
  const results = rewrite(outputs);
  const values = randomInputs(outputs, 8);
  const after = reference(results, values);
  reference(outputs, values).forEach((before, i) => {
    expect(results[i].shape).toEqual(outputs[i].shape);
    expectClose(after[i], before, { relative: 1e-12, absolute: 1e-12 }, outputs[i]);
  });
  return results;
}
