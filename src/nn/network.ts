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
  /** Independent networks of the same architecture, with their own weights; 1 by default. */
  readonly members?: number;
  /** What error messages call the network. */
  readonly name?: string;
}

/** A stack of E multi-layer perceptrons: weights [in, out] and biases [1, out] per layer and member. */
export interface Mlp {
  readonly options: Required<MlpOptions>;
  readonly layout: Layout;
  /**
   * The outputs of the members, E tensors [B, outputs].
   * @param x [B, inputs] for all members, or one such tensor per member
   */
  apply(theta: Vector, x: Tensor | readonly Tensor[]): Tensor[];
  /** Uniform in ±1/√fan-in for weights and biases (PyTorch's default for linear layers). */
  initialize(random: Random): Float32Array[];
}

const activations: Record<Activation, (x: Tensor) => Tensor> = { relu: op.relu, tanh: op.tanh, silu: op.silu };

/** The name of a layer's array: `2/weight`, with several members `member1/2/weight`. */
export const arrayName = (members: number, member: number, layer: number, kind: "weight" | "bias"): string =>
  `${members > 1 ? `member${member}/` : ""}${layer}/${kind}`;

export function mlp(given: MlpOptions): Mlp {
  const options: Required<MlpOptions> = { activation: "relu", members: 1, name: "network", ...given };
  const { inputs, hidden, outputs, activation, members, name } = options;
  const sizes = [inputs, ...hidden, outputs];
  const layers = sizes.slice(1).map((size, layer) => [sizes[layer], size] as const);
  const memberLayout = layoutOf(
    Object.fromEntries(
      layers.flatMap(([fanIn, fanOut], layer): [string, Shape][] => [
        [`${layer}/weight`, [fanIn, fanOut]],
        [`${layer}/bias`, [1, fanOut]],
      ]),
    ),
  );
  const layout =
    members === 1
      ? memberLayout
      : joinLayouts(Object.fromEntries(Array.from({ length: members }, (_, member) => [`member${member}`, memberLayout])));

  const applyMember = (arrays: Record<string, Tensor>, member: number, x: Tensor): Tensor =>
    layers.reduce((h, _, layer) => {
      const weight = arrays[arrayName(members, member, layer, "weight")];
      const bias = arrays[arrayName(members, member, layer, "bias")];
      const z = op.add(op.matmul(h, weight), bias);
      return named(`${name} layer ${layer}`, layer < hidden.length ? activations[activation](z) : z);
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
          const layer = Number(/(\d+)\/(?:weight|bias)$/.exec(array)?.[1]);
          const bound = 1 / Math.sqrt(layers[layer][0]);
          stream.fillUniform(target, -bound, bound);
        },
        random,
      ),
  };
}
