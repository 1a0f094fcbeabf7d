import { arrayName, type Activation, type Mlp } from "./network.ts";
import { view, type VectorValues } from "./vector.ts";

const activations: Record<Activation, (x: number) => number> = {
  relu: (x) => (x > 0 ? x : 0),
  tanh: Math.tanh,
  silu: (x) => x / (1 + Math.exp(-x)),
};

/**
 * A network's output for one input row in plain JavaScript: for rollouts, where one row is too little work to hand to a
 * backend, and where the same weights must act alike on every machine, while a backend's rounding depends on the
 * processor. Sums are float64, activations float32.
 * @param parameters read at each call
 * @returns a function from a row [inputs] to outputs [outputs]; the result is reused by the next call
 */
export function rowFunction(network: Mlp, parameters: () => VectorValues): (row: ArrayLike<number>) => Float32Array {
  const { inputs, hidden, outputs, activation, members } = network.options;
  if (members !== 1) throw new Error(`a row goes through one network, not through ${members}`);
  const sizes = [inputs, ...hidden, outputs];
  const layers = sizes.slice(1).map((size) => ({ sums: new Float64Array(size), result: new Float32Array(size) }));
  const activate = activations[activation];
  let viewed: VectorValues | undefined;
  let arrays: { weight: Float32Array; bias: Float32Array }[] = [];

  return (row) => {
    const current = parameters();
    if (current !== viewed) {
      viewed = current;
      arrays = layers.map((_, layer) => ({
        weight: view(network.layout, current, arrayName(1, 0, layer, "weight")).values,
        bias: view(network.layout, current, arrayName(1, 0, layer, "bias")).values,
      }));
    }
    if (row.length !== inputs) throw new Error(`a row of ${row.length} numbers, the network takes ${inputs}`);
    let input = row;
    layers.forEach(({ sums, result }, layer) => {
      const { weight, bias } = arrays[layer];
      const width = sums.length;
      for (let j = 0; j < width; j++) sums[j] = bias[j];
      for (let i = 0; i < input.length; i++) {
        const x = input[i];
        if (x === 0) continue;
        const start = i * width;
        for (let j = 0; j < width; j++) sums[j] += x * weight[start + j];
      }
      const last = layer === layers.length - 1;
      for (let j = 0; j < width; j++) result[j] = last ? sums[j] : activate(sums[j]);
      input = result;
    });
    return layers[layers.length - 1].result;
  };
}
