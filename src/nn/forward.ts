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
  const { inputs, hidden, outputs, activation, layerNorm, members } = network.options;
  if (layerNorm) throw new Error("a row goes through plain layers, not through normalised ones");
  if (members !== 1) throw new Error(`a row goes through one network, not through ${members}`);
  const sizes = [inputs, ...hidden, outputs];
  const live = new Int32Array(Math.max(...sizes));
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
      accumulate(input, weight, sums, live);
      const last = layer === layers.length - 1;
      for (let j = 0; j < width; j++) result[j] = last ? sums[j] : activate(sums[j]);
      input = result;
    });
    return layers[layers.length - 1].result;
  };
}

/**
 * Adds input · weight to the sums. Zeros, half of what ReLU passes on, are left out. Four inputs per pass over the sums
 * halve the time; each sum still takes its products one by one in the inputs' order, so its rounding is that of the plain
 * loop.
 * @param weight [inputs, sums]
 * @param live room for the indices of the inputs that are not 0
 */
function accumulate(input: ArrayLike<number>, weight: Float32Array, sums: Float64Array, live: Int32Array): void {
  const width = sums.length;
  let count = 0;
  for (let i = 0; i < input.length; i++) if (input[i] !== 0) live[count++] = i;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const [i0, i1, i2, i3] = [live[k], live[k + 1], live[k + 2], live[k + 3]];
    const [x0, x1, x2, x3] = [input[i0], input[i1], input[i2], input[i3]];
    const [w0, w1, w2, w3] = [i0 * width, i1 * width, i2 * width, i3 * width];
    for (let j = 0; j < width; j++) {
      sums[j] = sums[j] + x0 * weight[w0 + j] + x1 * weight[w1 + j] + x2 * weight[w2 + j] + x3 * weight[w3 + j];
    }
  }
  for (; k < count; k++) {
    const x = input[live[k]];
    const start = live[k] * width;
    for (let j = 0; j < width; j++) sums[j] += x * weight[start + j];
  }
}
