import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import {
  gradientVector,
  initialize,
  inputVector,
  joinLayouts,
  layoutOf,
  polyak,
  unpack,
  view,
  views,
  zeros,
  type Layout,
} from "../../src/nn/vector.ts";
import { expectClose, runGraph } from "./graphs.ts";
import { reference, type Values } from "./reference.ts";

const LARGE = [128, 200] as const;

/** Two small arrays around a matrix that is large enough for a chunk of its own. */
const layout = layoutOf({ first: [2, 3], large: LARGE, last: [1, 4] });

/** θ_i = i counted through the arrays in the order first, large, last. */
function counting(name: string): Record<string, Float32Array> {
  const values = zeros(layout);
  let next = 0;
  for (const array of ["first", "large", "last"]) {
    const { values: numbers } = view(layout, values, array);
    for (let i = 0; i < numbers.length; i++) numbers[i] = next++;
  }
  return Object.fromEntries(values.map((chunk, i) => [`${name}#${i}`, chunk]));
}

describe("layouts", () => {
  it("keep small arrays in one chunk and a large matrix in its own, and every number once", () => {
    expect(layout.chunks.map(({ size, entries }) => [size, entries.map(({ name }) => name)])).toEqual([
      [10, ["first", "last"]],
      [25_600, ["large"]],
    ]);
    expect(layoutOf({ large: LARGE }).chunks).toHaveLength(1);
  });

  it("joined, carry the names of the parts as prefix, in the parts' order", () => {
    const joined = joinLayouts({ critic: layoutOf({ weight: [2, 2], bias: [2] }), policy: layout });
    const arrays = views(joined, zeros(joined));
    expect(Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, shape]))).toEqual({
      "critic/weight": [2, 2],
      "critic/bias": [2],
      "policy/first": [2, 3],
      "policy/last": [1, 4],
      "policy/large": [128, 200],
    });
  });

  it("views write through to the vector, and do not overlap", () => {
    const values = zeros(layout);
    let n = 0;
    for (const { values: numbers } of Object.values(views(layout, values))) numbers.fill(++n);
    const counts = [1, 2, 3].map((k) => values.reduce((sum, chunk) => sum + chunk.filter((value) => value === k).length, 0));
    expect(counts).toEqual([6, 4, 25_600]);
    expect(() => view(layout, values, "none")).toThrow(new Error('the layout has no array "none"'));
  });

  it("initialise every array from a stream of its own name, so that one more array changes no other", () => {
    const fill = (of: Layout) => initialize(of, (target, _, random) => random.fillNormal(target), createRandom(5));
    const more = layoutOf({ extra: [7], first: [2, 3], last: [1, 4] });
    const few = layoutOf({ first: [2, 3] });
    expect([...view(more, fill(more), "first").values]).toEqual([...view(few, fill(few), "first").values]);
    expect(view(more, fill(more), "last").values.slice(0, 4)).not.toEqual(view(more, fill(more), "extra").values.slice(0, 4));
  });
});

describe("vectors in a graph", () => {
  const theta = inputVector("theta", layout);
  const values = counting("theta");

  it("unpack into the arrays that were laid out", () => {
    const arrays = unpack(theta);
    expect(arrays.first.shape).toEqual([2, 3]);
    const [first, large, last] = reference([arrays.first, arrays.large, arrays.last], values);
    expect([...first]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([large[0], large[25_599]]).toEqual([6, 25_605]);
    expect([...last]).toEqual([25_606, 25_607, 25_608, 25_609]);
  });

  it("gradientVector has the layout's chunks: ∂‖θ‖²/∂θ = 2θ, through the arrays", async () => {
    const arrays = unpack(theta);
    const loss = Object.values(arrays).map((x) => op.sum(op.square(x))).reduce((a, b) => op.add(a, b));
    const gradients = gradientVector(loss, theta);
    const computed = await runGraph(onnxExecutor, gradients.chunks, values);
    computed.forEach((chunk, i) => expectClose(chunk, values[`theta#${i}`].map((value) => 2 * value), { relative: 0, absolute: 0 }));
  });

  it("polyak averages: ρ = 0 copies, ρ = 1 keeps, and n steps towards a fixed θ leave ρⁿ of the distance", async () => {
    const target = inputVector("target", layout);
    const step = async (rho: number, given: Values): Promise<Float32Array[]> =>
      runGraph(onnxExecutor, polyak(target, theta, rho).chunks, { ...values, ...given });
    const start = Object.fromEntries(Object.keys(counting("target")).map((key) => [key, values[key.replace("target", "theta")].map((value) => value + 8)]));
    (await step(0, start)).forEach((chunk, i) => expectClose(chunk, values[`theta#${i}`], { relative: 0, absolute: 0 }));
    (await step(1, start)).forEach((chunk, i) => expectClose(chunk, start[`target#${i}`], { relative: 0, absolute: 0 }));
    let current: Record<string, Float32Array> = start;
    for (let n = 0; n < 3; n++) {
      current = Object.fromEntries((await step(0.5, current)).map((chunk, i) => [`target#${i}`, chunk]));
    }
    Object.values(current).forEach((chunk, i) => expectClose(chunk, values[`theta#${i}`].map((value) => value + 1), { relative: 1e-6 }));
  });
});
