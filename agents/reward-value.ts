import { rowFunction } from "../src/nn/forward.ts";
import { mlp } from "../src/nn/network.ts";
import type { LearnedReward } from "./reward-network.ts";

/**
 * r(s, a; θ) of one state and action in plain numbers, for those who look at single steps.
 * @returns a function of an observation [O] and an action [A], which a reward of states alone ignores
 */
export function rewardValue({ network, parameters }: LearnedReward): (observation: ArrayLike<number>, action: ArrayLike<number>) => number {
  const { input, observationSize, actionSize, hidden, activation, bound, absorbing } = network.architecture;
  const inputs = observationSize + (input === "state-action" ? actionSize : 0) + (absorbing ? 1 : 0);
  // the network that the reward is made of: its layout has the same names
  const evaluate = rowFunction(mlp({ inputs, hidden, outputs: 1, activation, name: "reward" }), parameters);
  const row = new Float32Array(network.inputSize);
  return (observation, action) => {
    row.set(observation);
    if (input === "state-action") row.set(action, observationSize);
    const [raw] = evaluate(row);
    if (bound.kind === "tanh") return Math.tanh(raw / bound.value) * bound.value;
    return Math.max(-bound.value, Math.min(bound.value, raw));
  };
}
