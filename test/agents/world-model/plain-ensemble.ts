/** The ensemble's loss, its gradient and Adam, written out in float64 with arrays of rows: a second implementation. */

type Matrix = number[][];

export interface PlainLayer {
  weight: Matrix;
  bias: number[];
}

export interface PlainEnsemble {
  /** Layers of each member. */
  members: PlainLayer[][];
  largest: number[];
  smallest: number[];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log(1 + Math.exp(x));

const zerosLike = (one: PlainEnsemble): PlainEnsemble => ({
  members: one.members.map((layers) =>
    layers.map(({ weight, bias }) => ({ weight: weight.map((row) => row.map(() => 0)), bias: bias.map(() => 0) })),
  ),
  largest: one.largest.map(() => 0),
  smallest: one.smallest.map(() => 0),
});

/** Every number, in one fixed order. */
export const flat = ({ members, largest, smallest }: PlainEnsemble): number[] => [
  ...members.flatMap((layers) => layers.flatMap(({ weight, bias }) => [...weight.flat(), ...bias])),
  ...largest,
  ...smallest,
];

function fillFlat(target: PlainEnsemble, values: readonly number[]): void {
  let at = 0;
  const rows = (row: number[]): void => row.forEach((_, i) => (row[i] = values[at++]));
  for (const layers of target.members) {
    for (const { weight, bias } of layers) {
      weight.forEach(rows);
      rows(bias);
    }
  }
  rows(target.largest);
  rows(target.smallest);
}

/**
 * Σ over members of the mean of (μ − y)²/σ² + log σ², plus 0.01·(Σ largest − Σ smallest), plus ½ Σ λ‖W‖².
 * The gradient is that of this, but that the part by μ is multiplied by σ^{2β}.
 * @param inputs rows of each member, [N][B][O + A]; targets alike
 */
export function plainGradient(
  ensemble: PlainEnsemble,
  inputs: readonly Matrix[],
  targets: readonly Matrix[],
  decays: readonly number[],
  beta = 0,
): { loss: number; gradient: PlainEnsemble } {
  const gradient = zerosLike(ensemble);
  const { largest, smallest } = ensemble;
  const components = largest.length;
  let loss = 0;
  ensemble.members.forEach((layers, member) => {
    const count = inputs[member].length * components;
    inputs[member].forEach((input, n) => {
      const values = [input];
      const sums: Matrix = [];
      layers.forEach(({ weight, bias }, layer) => {
        const z = bias.map((b, j) => values[layer].reduce((sum, x, i) => sum + x * weight[i][j], b));
        sums.push(z);
        values.push(layer + 1 < layers.length ? z.map((x) => x * sigmoid(x)) : z);
      });
      const output = values[layers.length];
      // of the loss by the sums of the layer that is looked at
      let slope = output.map(() => 0);
      for (let j = 0; j < components; j++) {
        const error = output[j] - targets[member][n][j];
        const raw = output[components + j];
        const capped = largest[j] - softplus(largest[j] - raw);
        const logVariance = smallest[j] + softplus(capped - smallest[j]);
        const precision = Math.exp(-logVariance);
        loss += (error * error * precision + logVariance) / count;
        slope[j] = (2 * error * precision * Math.exp(beta * logVariance)) / count;
        const byLog = (1 - error * error * precision) / count;
        const byCapped = byLog * sigmoid(capped - smallest[j]);
        slope[components + j] = byCapped * sigmoid(largest[j] - raw);
        gradient.largest[j] += byCapped * (1 - sigmoid(largest[j] - raw));
        gradient.smallest[j] += byLog * (1 - sigmoid(capped - smallest[j]));
      }
      for (let layer = layers.length - 1; layer >= 0; layer--) {
        const { weight } = layers[layer];
        const into = gradient.members[member][layer];
        slope.forEach((d, j) => {
          into.bias[j] += d;
          values[layer].forEach((x, i) => (into.weight[i][j] += d * x));
        });
        if (layer === 0) break;
        slope = sums[layer - 1].map((z, i) => {
          const back = weight[i].reduce((sum, w, j) => sum + w * slope[j], 0);
          return back * (sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z)));
        });
      }
    });
    layers.forEach(({ weight }, layer) =>
      weight.forEach((row, i) => row.forEach((w, j) => (gradient.members[member][layer].weight[i][j] += decays[layer] * w))),
    );
  });
  for (let j = 0; j < components; j++) {
    gradient.largest[j] += 0.01;
    gradient.smallest[j] -= 0.01;
  }
  return { loss: loss / ensemble.members.length, gradient };
}

/** Adam (Kingma and Ba 2015, algorithm 1), in place. */
export function plainAdam(ensemble: PlainEnsemble, rate: (update: number) => number) {
  const m = flat(ensemble).map(() => 0);
  const v = m.map(() => 0);
  let t = 0;
  return (gradient: PlainEnsemble): void => {
    const eta = rate(t++);
    const g = flat(gradient);
    const theta = flat(ensemble).map((x, i) => {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
      return x - (eta * (m[i] / (1 - 0.9 ** t))) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
    });
    fillFlat(ensemble, theta);
  };
}
