import { batchOf } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { datasetSource } from "../dataset-source.ts";
import { environmentReward } from "../reward-function.ts";
import type { AgentDefinition, Trainer, TrainerContext } from "../trainer.ts";
import { batchWorld } from "../world.ts";
import { sacAgentSchema, type SacAgentConfig } from "./config.ts";
import type { SacNetworkWeights } from "./networks.ts";
import { sacPresets } from "./presets.ts";
import { createSac } from "./solver.ts";
import type { CriticArchitecture } from "./update.ts";

/** Steps of one call of `advance`. */
const UNIT = 1_000;

/** @throws UserError when given networks are not what the configuration asks for */
function checkArchitecture(networks: SacNetworkWeights | undefined, config: SacAgentConfig): void {
  if (networks === undefined) return;
  const shape = ({ hidden, activation, criticLayerNorm }: CriticArchitecture): string =>
    `hidden=${hidden.join(",")} activation=${activation} criticLayerNorm=${criticLayerNorm}`;
  const [given, asked] = [shape(networks.architecture), shape(config)];
  if (given !== asked) throw new UserError(`the given networks have ${given}, the run asks for ${asked}`);
}

async function create(context: TrainerContext, config: SacAgentConfig): Promise<Trainer> {
  const { environment, makeEnvironment, seed, networks, reward, dataset } = context;
  checkArchitecture(networks, config);
  const world = batchWorld(batchOf([await makeEnvironment()], seed));
  const solver = await createSac({
    world,
    environment: environment.id,
    // under a given reward the environment's own is still counted as the episodes' return, but nothing learns from it
    reward: reward ?? environmentReward,
    config,
    totalSteps: config.steps,
    others: dataset && { source: datasetSource(dataset, reward === undefined), share: config.datasetShare },
    random: createRandom(seed),
    initial: networks,
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
    policy: solver.result,
    networks: solver.networks,
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
  description: "Soft actor-critic under the environment's own reward, for experts and references, or under one that was learned elsewhere",
  takes: { networks: "optional", reward: "optional", dataset: "optional" },
  config: sacAgentSchema,
  presets: sacPresets,
  create,
};
