import type { Random } from "../random/index.ts";
import * as op from "./operations.ts";
import { named, type Shape, type Tensor } from "./tensor.ts";
import { initialize, joinLayouts, layoutOf, unpack, type Layout, type Vector } from "./vector.ts";

export type Activation = "relu" | "tanh" | "silu";

export interface MlpOptions {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation?: Activation;
  /** Normalises each hidden layer's sums over its units, before the activation (Ba, Kiros and Hinton 2016); false by default. */
  readonly layerNorm?: boolean;
  /** Independent networks of the same architecture, with their own weights; 1 by default. */
  readonly members?: number;
  /** What error messages call the network. */
  readonly name?: string;
}

/**
 * A stack of E multi-layer perceptrons: weights [in, out] and biases [1, out] per layer and member, and with layer normalisation a
 * scale and a shift [1, out] per hidden layer.
 */
export interface Mlp {
  readonly options: Required<MlpOptions>;
  readonly layout: Layout;
  /**
   * The outputs of the members, E tensors [B, outputs].
   * @param x [B, inputs] for all members, or one such tensor per member
   */
  apply(theta: Vector, x: Tensor | readonly Tensor[]): Tensor[];
  /** Uniform in ±1/√fan-in for weights and biases (PyTorch's default for linear layers); scales are 1, shifts 0. */
  initialize(random: Random): Float32Array[];
}

const activations: Record<Activation, (x: Tensor) => Tensor> = { relu: op.relu, tanh: op.tanh, silu: op.silu };

type ArrayKind = "weight" | "bias" | "scale" | "shift";

/** The name of a layer's array: `2/weight`, with several members `member1/2/weight`. */
export const arrayName = (members: number, member: number, layer: number, kind: ArrayKind): string =>
  `${members > 1 ? `member${member}/` : ""}${layer}/${kind}`;

/** Keeps units that are all alike from being divided by 0. */
const NORM_EPSILON = 1e-5;

/** Rows of mean 0 and variance 1, [B, units]. */
function normalizeRows(x: Tensor): Tensor {
  const average = (y: Tensor): Tensor => op.mul(op.sumKeep(y, [1]), 1 / x.shape[1]);
  const centered = op.sub(x, average(x));
  return op.div(centered, op.sqrt(op.add(average(op.square(centered)), NORM_EPSILON)));
}

export function mlp(given: MlpOptions): Mlp {
  const options: Required<MlpOptions> = { activation: "relu", layerNorm: false, members: 1, name: "network", ...given };
  const { inputs, hidden, outputs, activation, layerNorm, members, name } = options;
  const sizes = [inputs, ...hidden, outputs];
  const layers = sizes.slice(1).map((size, layer) => [sizes[layer], size] as const);
  const memberLayout = layoutOf(
    Object.fromEntries(
      layers.flatMap(([fanIn, fanOut], layer): [string, Shape][] => [
        [`${layer}/weight`, [fanIn, fanOut]],
        [`${layer}/bias`, [1, fanOut]],
        ...(layerNorm && layer < hidden.length ? ["scale", "shift"].map((kind): [string, Shape] => [`${layer}/${kind}`, [1, fanOut]]) : []),
      ]),
    ),
  );
  const layout =
    members === 1
      ? memberLayout
      : joinLayouts(Object.fromEntries(Array.from({ length: members }, (_, member) => [`member${member}`, memberLayout])));

  const applyMember = (arrays: Record<string, Tensor>, member: number, x: Tensor): Tensor =>
    layers.reduce((h, _, layer) => {
      const array = (kind: ArrayKind): Tensor => arrays[arrayName(members, member, layer, kind)];
      const sums = op.add(op.matmul(h, array("weight")), array("bias"));
      const isHidden = layer < hidden.length;
      const z = layerNorm && isHidden ? op.add(op.mul(normalizeRows(sums), array("scale")), array("shift")) : sums;
      return named(`${name} layer ${layer}`, isHidden ? activations[activation](z) : z);
    }, x);

  return {
    options,
    layout,
    apply(theta, x) {
      const arrays = unpack(theta);
      return Array.from({ length: members }, (_, member) =>
        applyMember(arrays, member, "operation" in x ? x : x[member]),
      );
    },
    initialize: (random) =>
      initialize(
        layout,
        (target, { name: array }, stream) => {
          const [, layer, kind] = /(\d+)\/(\w+)$/.exec(array) ?? [];
          if (kind === "scale" || kind === "shift") {
            target.fill(kind === "scale" ? 1 : 0);
            return;
          }
          const bound = 1 / Math.sqrt(layers[Number(layer)][0]);
          stream.fillUniform(target, -bound, bound);
        },
        random,
      ),
  };
}
