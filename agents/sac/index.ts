import { createRandom } from "../../src/random/index.ts";
import { environmentReward } from "../reward-function.ts";
import type { AgentDefinition, Trainer, TrainerContext } from "../trainer.ts";
import { environmentWorld } from "../world.ts";
import { sacAgentSchema, type SacAgentConfig } from "./config.ts";
import { createSac } from "./solver.ts";

/** Steps of one call of `advance`. */
const UNIT = 1_000;

async function create({ environment, makeEnvironment, seed }: TrainerContext, config: SacAgentConfig): Promise<Trainer> {
  const world = environmentWorld([await makeEnvironment()], seed);
  const solver = await createSac({
    world,
    environment: environment.id,
    reward: environmentReward,
    config,
    totalSteps: config.steps,
    random: createRandom(seed),
  });
  return {
    get environmentSteps() {
      return solver.steps;
    },
    get steps() {
      return solver.steps;
    },
    totalSteps: config.steps,
    get done() {
      return solver.steps >= config.steps;
    },
    policy: solver.policy,
    async advance() {
      const metrics = await solver.improve(Math.min(UNIT, config.steps - solver.steps));
      return { environmentSteps: solver.steps, ...metrics };
    },
    snapshot: () => solver.snapshot(),
    restore(snapshot) {
      solver.restore(snapshot);
    },
    close() {
      void solver.close();
    },
  };
}

export const sac: AgentDefinition<typeof sacAgentSchema> = {
  name: "sac",
  description: "Soft actor-critic under the environment's own reward: experts, and the reference for learned rewards",
  needsDemonstrations: false,
  config: sacAgentSchema,
  presets: () => {
    // the thesis's network (2.9.2), with the step size, batch and temperature of its public code
    const thesis = { hidden: [64, 64], batchSize: 100, policyLearningRate: 1e-3, criticLearningRate: 1e-3, automaticTemperature: false };
    return {
      smoke: { steps: 3_000, randomSteps: 1_000, hidden: [32, 32], batchSize: 32 },
      quick: { ...thesis, steps: 200_000, finalLearningRateFraction: 0.1 },
      paper: { ...thesis, steps: 600_000, finalLearningRateFraction: 0.05 },
    };
  },
  create,
};
