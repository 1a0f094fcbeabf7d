import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { arrayName, mlp, type Activation, type Mlp } from "../../src/nn/network.ts";
import { rowFunction } from "../../src/nn/forward.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { inputVector, view, views, type Vector, type VectorValues } from "../../src/nn/vector.ts";
import { normalized } from "../agents/plain-network.ts";
import { expectClose, randomInputs, runGraph, uniformValues } from "./graphs.ts";

const activations: Record<Activation, (x: number) => number> = {
  relu: (x) => Math.max(0, x),
  tanh: Math.tanh,
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** One row through one member, layer by layer. */
function forward(network: Mlp, values: VectorValues, member: number, row: readonly number[]): number[] {
  const { hidden, members, activation, layerNorm } = network.options;
  let h = [...row];
  for (let layer = 0; layer <= hidden.length; layer++) {
    const weight = view(network.layout, values, arrayName(members, member, layer, "weight")).values;
    const bias = view(network.layout, values, arrayName(members, member, layer, "bias")).values;
    h = Array.from(bias, (b, j) => h.reduce((sum, value, i) => sum + value * weight[i * bias.length + j], b));
    if (layerNorm && layer < hidden.length) {
      const of = (kind: "scale" | "shift") => view(network.layout, values, arrayName(members, member, layer, kind)).values;
      h = normalized(h, of("scale"), of("shift"));
    }
    if (layer < hidden.length) h = h.map(activations[activation]);
  }
  return h;
}

const symbolic = (network: Mlp): Vector => inputVector("theta", network.layout);
const feed = (values: VectorValues) => Object.fromEntries(values.map((chunk, i) => [`theta#${i}`, chunk]));
const rowsOf = (values: ArrayLike<number>, columns: number): number[][] =>
  Array.from({ length: values.length / columns }, (_, i) => Array.from({ length: columns }, (_unused, j) => values[i * columns + j]));

describe("mlp", () => {
  it.each<[Activation, number, readonly number[]]>([
    ["relu", 1, [7, 5]],
    ["tanh", 2, [7]],
    ["silu", 3, [4, 4, 4]],
    ["relu", 2, []],
    ["relu", 1, [130, 140]],
  ])("%s, %i members, hidden %j: every member is the network of its own weights", async (activation, members, hidden) => {
    const network = mlp({ inputs: 3, hidden, outputs: 2, activation, members });
    const values = network.initialize(createRandom(2));
    const x = op.input("x", [4, 3]);
    const outputs = network.apply(symbolic(network), x);
    const given = randomInputs([x], 6);
    const computed = await runGraph(onnxExecutor, outputs, { ...feed(values), ...given });
    expect(outputs.map(({ shape }) => shape)).toEqual(new Array(members).fill([4, 2]));
    computed.forEach((y, member) => {
      expectClose(y, rowsOf(given.x, 3).flatMap((row) => forward(network, values, member, row)));
    });
  });

  it.each([{ hidden: [7, 5], members: 1 }, { hidden: [4], members: 2 }])(
    "normalises each hidden layer over its units, hidden $hidden, $members members",
    async ({ hidden, members }) => {
      const network = mlp({ inputs: 3, hidden, outputs: 2, members, layerNorm: true });
      const values = network.initialize(createRandom(2));
      for (const [name, array] of Object.entries(views(network.layout, values))) {
        if (name.endsWith("/scale")) expect(new Set(array.values)).toEqual(new Set([1]));
        else if (name.endsWith("/shift")) expect(new Set(array.values)).toEqual(new Set([0]));
        else continue;
        array.values.set(uniformValues(createRandom(name.length + members), array.values.length, 0.5, 2));
      }
      const x = op.input("x", [4, 3]);
      const given = randomInputs([x], 6);
      const computed = await runGraph(onnxExecutor, network.apply(symbolic(network), x), { ...feed(values), ...given });
      computed.forEach((y, member) => {
        expectClose(y, rowsOf(given.x, 3).flatMap((row) => forward(network, values, member, row)));
      });
      expect(() => rowFunction(network, () => values)).toThrow("a row goes through plain layers");
    },
  );

  it("gives each member its own batch when there are several", async () => {
    const network = mlp({ inputs: 2, hidden: [5], outputs: 1, members: 2 });
    const values = network.initialize(createRandom(3));
    const batches = [op.input("a", [3, 2]), op.input("b", [3, 2])];
    const random = createRandom(4);
    const given = { a: uniformValues(random, 6, -1, 1), b: uniformValues(random, 6, -1, 1) };
    const computed = await runGraph(onnxExecutor, network.apply(symbolic(network), batches), { ...feed(values), ...given });
    [given.a, given.b].forEach((batch, member) => {
      expectClose(computed[member], rowsOf(batch, 2).flatMap((row) => forward(network, values, member, row)));
    });
  });

  it("starts uniform in ±1/√fan-in, weights and biases alike, every member differently", () => {
    const network = mlp({ inputs: 50, hidden: [200], outputs: 30, members: 2 });
    const arrays = views(network.layout, network.initialize(createRandom(1)));
    for (const [name, { values }] of Object.entries(arrays)) {
      const bound = 1 / Math.sqrt(name.includes("/0/") ? 50 : 200);
      expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(bound);
      const size = values.length;
      const variance = values.reduce((sum, value) => sum + value ** 2, 0) / size;
      // the variance of ±b is b²/3, that of its square's mean 4b⁴/45n: four standard deviations
      expect(Math.abs(variance / bound ** 2 - 1 / 3), name).toBeLessThan(4 * Math.sqrt(4 / 45 / size));
      expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / size / bound), name).toBeLessThan(4 / Math.sqrt(3 * size));
    }
    expect(arrays["member0/0/weight"].values).not.toEqual(arrays["member1/0/weight"].values);
    expect(network.initialize(createRandom(1))).toEqual(network.initialize(createRandom(1)));
  });

  it("names itself and the layer when an input of the wrong width comes", () => {
    const network = mlp({ inputs: 3, hidden: [4], outputs: 1, name: "critic" });
    expect(() => network.apply(symbolic(network), op.input("observation", [8, 5]))).toThrow(
      /^matmul: inner sizes 5 and 3 differ \(input "observation" \[8,5\], .* \[3,4\]\)$/,
    );
  });
});
