import { rollout } from "../../agents/rollout.ts";
import type { Policy } from "../../agents/policy.ts";
import type { Demonstrations, DemonstrationTrajectory } from "../../datasets/index.ts";
import type { Environment } from "../../envs/index.ts";
import { optimalGain } from "../../envs/regulator/index.ts";
import { createRandom } from "../../src/random/index.ts";

/** The regulator's best policy, with noise of a given standard deviation when it is sampled. */
export function optimalRegulator(noise = 0): Policy {
  const [a, b] = optimalGain();
  return {
    observationSize: 2,
    actionSize: 1,
    act({ 0: position, 1: velocity }, mode, random, action) {
      action[0] = -(a * position + b * velocity) + (mode === "sample" ? noise * random.normal() : 0);
    },
  };
}

/** Demonstrations out of given trajectories. */
export function demonstrationsOf(
  environment: Environment,
  trajectories: readonly DemonstrationTrajectory[],
): Demonstrations {
  const { id, observationSize, actionSize } = environment.spec;
  return {
    environment: id,
    observationSize,
    actionSize,
    trajectories,
    returns: Float64Array.from(trajectories, ({ rewards }) => rewards.reduce((sum, reward) => sum + reward, 0)),
  };
}

/** Episodes of a policy, as demonstrations. */
export async function demonstrate(environment: Environment, policy: Policy, count: number): Promise<Demonstrations> {
  const trajectories = [];
  const random = createRandom(8);
  for (let i = 0; i < count; i++) {
    trajectories.push(await rollout(environment, policy, { mode: "sample", random, seed: 100 + i }));
  }
  return demonstrationsOf(environment, trajectories);
}
