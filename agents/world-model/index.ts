import { createRandom } from "../../src/random/index.ts";
import type { AgentDefinition, Trainer, TrainerContext } from "../trainer.ts";
import { requireInput } from "../trainer.ts";
import { worldModelAgentSchema, type WorldModelAgentConfig } from "./config.ts";
import { fitWorldModel } from "./fit.ts";

/** Trains a world model and nothing else, for several runs to share. */
async function create(context: TrainerContext, { rewards, ...config }: WorldModelAgentConfig): Promise<Trainer> {
  const { environment, seed } = context;
  const set = requireInput("world-model", context, "dataset");
  const fit = await fitWorldModel({ environment: environment.id, set, config, rewards, random: createRandom(seed) });
  return {
    environmentSteps: 0,
    get steps() {
      return fit.done ? config.steps : Math.min(fit.updates, config.steps - 1);
    },
    totalSteps: config.steps,
    get done() {
      return fit.done;
    },
    get model() {
      return fit.model;
    },
    async advance() {
      return { environmentSteps: 0, ...(await fit.advance()) };
    },
    snapshot: () => fit.snapshot(),
    restore(snapshot) {
      fit.restore(snapshot);
    },
    close() {
      void fit.close();
    },
  };
}

/** Small enough to train in seconds. */
export const smokeModel = { members: 2, elites: 1, hidden: [16, 16], weightDecay: [1e-4], batchSize: 32, steps: 200, measureEvery: 100, patience: 100 };

export const worldModelAgent: AgentDefinition<typeof worldModelAgentSchema> = {
  name: "world-model",
  description: "Gaussian-ensemble world model of a dataset, for mopo and offline-ml-irl to act in",
  takes: { dataset: "required" },
  config: worldModelAgentSchema,
  presets: () => ({ smoke: smokeModel, quick: { members: 5, elites: 4, steps: 10_000 }, paper: {} }),
  create,
};
