import { learnedReward, rewardNetwork } from "../../agents/reward-network.ts";
import { environmentSpec } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { exportWeights } from "../../tools/exports.ts";

/** Saves a reward with random weights for an environment, under whose or another name. */
export function saveReward(path: string, environment: string, input: "state" | "state-action", name = environment): void {
  const { observationSize, actionSize } = environmentSpec(environment);
  const network = rewardNetwork({
    environment: name,
    input,
    observationSize,
    actionSize,
    hidden: [8],
    activation: "tanh",
    bound: { kind: "clamp", value: 10 },
    absorbing: false,
  });
  const theta = network.initialize(createRandom(1));
  exportWeights(learnedReward(network, () => theta), path);
}
