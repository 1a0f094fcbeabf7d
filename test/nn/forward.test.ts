import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { rowFunction } from "../../src/nn/forward.ts";
import { mlp } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { inputVector } from "../../src/nn/vector.ts";
import { expectClose, uniformValues } from "./graphs.ts";
import { reference } from "./reference.ts";

describe("rowFunction", () => {
  it.each(["relu", "tanh", "silu"] as const)("computes what the graph of a network with %s computes", (activation) => {
    const network = mlp({ inputs: 5, hidden: [130, 128], outputs: 3, activation });
    // a matrix in a chunk of its own, and the others in a common one
    expect(network.layout.chunks).toHaveLength(2);
    const values = network.initialize(createRandom(1));
    const f = rowFunction(network, () => values);
    const graph = network.apply(inputVector("theta", network.layout), op.input("x", [1, 5]));
    for (const seed of [1, 2, 3]) {
      const x = uniformValues(createRandom(seed), 5, -2, 2);
      if (seed === 3) x.fill(0);
      expectClose(f(x), reference(graph, { x, "theta#0": values[0], "theta#1": values[1] })[0], { relative: 1e-6, absolute: 1e-6 });
    }
  });

  it("rounds as one sum after the other in the inputs' order, whatever number of inputs is zero", () => {
    const network = mlp({ inputs: 23, hidden: [], outputs: 7 });
    const [values] = network.initialize(createRandom(1));
    const f = rowFunction(network, () => [values]);
    for (let zeros = 0; zeros <= 23; zeros++) {
      const x = Float64Array.from(uniformValues(createRandom(zeros), 23, -2, 2));
      for (const i of createRandom(zeros).permutation(23).subarray(0, zeros)) x[i] = 0;
      const expected = Float32Array.from({ length: 7 }, (_, j) => {
        let sum = values[network.layout.chunks[0].entries[1].offset + j];
        for (let i = 0; i < 23; i++) sum += x[i] * values[7 * i + j];
        return sum;
      });
      expect(f(x)).toEqual(expected);
    }
  });

  it("follows parameters that change in place or are replaced", () => {
    const network = mlp({ inputs: 1, hidden: [], outputs: 1 });
    let values = [Float32Array.of(2, 1)];
    const f = rowFunction(network, () => values);
    expect(f([3])[0]).toBe(7);
    values[0][0] = 4;
    expect(f([3])[0]).toBe(13);
    values = [Float32Array.of(-1, 0)];
    expect(f([3])[0]).toBe(-3);
  });

  it("is of one network, not of a stack", () => {
    const stack = mlp({ inputs: 1, hidden: [], outputs: 1, members: 2 });
    expect(() => rowFunction(stack, () => [])).toThrow(new Error("a row goes through one network, not through 2"));
  });
});
