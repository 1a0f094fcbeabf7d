import { batchOf } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { environmentReward } from "../reward-function.ts";
import type { AgentDefinition, Trainer, TrainerContext } from "../trainer.ts";
import { batchWorld } from "../world.ts";
import { sacAgentSchema, type SacAgentConfig } from "./config.ts";
import { sacPresets } from "./presets.ts";
import { createSac } from "./solver.ts";

/** Steps of one call of `advance`. */
const UNIT = 1_000;

async function create({ environment, makeEnvironment, seed }: TrainerContext, config: SacAgentConfig): Promise<Trainer> {
  const world = batchWorld(batchOf([await makeEnvironment()], seed));
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
  presets: sacPresets,
  create,
};
