import * as op from "./operations.ts";
import type { Tensor } from "./tensor.ts";
import { mapVectors, type Layout, type Vector } from "./vector.ts";

export interface AdamOptions {
  /** Step size, or the step size as a function of the number of updates made before. */
  readonly learningRate: number | ((update: number) => number);
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** L2 penalty ½λ‖θ‖²: λθ is added to the gradient (PyTorch's Adam). */
  readonly l2?: number;
  /** Decoupled weight decay: θ shrinks by learningRate·λ·θ (AdamW, Loshchilov and Hutter 2019). */
  readonly weightDecay?: number;
}

/** First and second moments, rescaled: m = Σ β₁ⁱ g and v = Σ β₂ⁱ g². */
export interface Moments {
  readonly first: Vector;
  readonly second: Vector;
}

/** Adam (Kingma and Ba 2015) over whole parameter vectors. */
export interface Adam {
  /** How many numbers {@link coefficients} returns. */
  readonly coefficientCount: number;
  /** The numbers of the update after `updates` others: bias corrections and learning rate, fed to the graph. */
  coefficients(updates: number): number[];
  /**
   * One descent step.
   * @param coefficients the numbers above, a tensor [1, 1] each
   */
  step(theta: Vector, gradient: Vector, moments: Moments, coefficients: readonly Tensor[]): { theta: Vector; moments: Moments };
}

export function adam(options: AdamOptions): Adam {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, l2 = 0, weightDecay = 0 } = options;
  const rate = typeof learningRate === "number" ? () => learningRate : learningRate;
  return {
    coefficientCount: weightDecay > 0 ? 3 : 2,
    // With m̂ = (1−β₁)m/(1−β₁ᵗ) and v̂ = (1−β₂)v/(1−β₂ᵗ): η·m̂/(√v̂ + ε) = m/(c₀·√v + c₁). A vanishing η must not divide.
    coefficients(updates) {
      const eta = Math.max(rate(updates), 1e-30);
      const t = updates + 1;
      const scale = (1 - beta1 ** t) / (eta * (1 - beta1));
      const shared = [Math.sqrt((1 - beta2) / (1 - beta2 ** t)) * scale, epsilon * scale];
      return weightDecay > 0 ? [...shared, 1 - eta * weightDecay] : shared;
    },
    step(theta, gradient, moments, [rootScale, offset, shrink]) {
      const g = l2 > 0 ? mapVectors((d, p) => op.add(d, op.mul(p, l2)), gradient, theta) : gradient;
      const first = mapVectors((m, d) => op.add(op.mul(m, beta1), d), moments.first, g);
      const second = mapVectors((v, d) => op.add(op.mul(v, beta2), op.square(d)), moments.second, g);
      const decayed = weightDecay > 0 ? mapVectors((p) => op.mul(p, shrink), theta) : theta;
      const moved = mapVectors(
        (p, m, v) => op.sub(p, op.div(m, op.add(op.mul(op.sqrt(v), rootScale), offset))),
        decayed,
        first,
        second,
      );
      return { theta: moved, moments: { first, second } };
    },
  };
}

/** The state entries that an optimiser of `name` needs beside the parameters. */
export function momentLayouts<Name extends string>(name: Name, layout: Layout): Record<`${Name}.m` | `${Name}.v`, Layout> {
  return { [`${name}.m`]: layout, [`${name}.v`]: layout } as Record<`${Name}.m` | `${Name}.v`, Layout>;
}
