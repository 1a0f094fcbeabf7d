import { createRandom } from "../../src/random/index.ts";
import { periodicEvaluation } from "../evaluation.ts";
import { environmentReward } from "../reward-function.ts";
import type { AgentDefinition, Trainer, TrainerContext } from "../trainer.ts";
import { environmentWorld } from "../world.ts";
import { sacAgentSchema, type SacAgentConfig } from "./config.ts";
import { createSac } from "./solver.ts";

/** Steps of one call of `advance`. */
const UNIT = 1_000;

async function create({ environment, makeEnvironment, seed }: TrainerContext, config: SacAgentConfig): Promise<Trainer> {
  const world = environmentWorld([await makeEnvironment()], seed);
  const evaluationEnvironment = await makeEnvironment();
  const solver = await createSac({
    world,
    environment: environment.id,
    reward: environmentReward,
    config,
    totalSteps: config.steps,
    random: createRandom(seed),
  });
  const evaluate = periodicEvaluation(evaluationEnvironment, solver.policy, config.evaluationInterval, config.evaluationEpisodes);
  return {
    get environmentSteps() {
      return solver.steps;
    },
    totalSteps: config.steps,
    get done() {
      return solver.steps >= config.steps;
    },
    policy: solver.policy,
    async advance() {
      const before = solver.steps;
      const metrics = await solver.improve(Math.min(UNIT, config.steps - before));
      const evaluation = await evaluate(before, solver.steps, solver.steps >= config.steps);
      return { environmentSteps: solver.steps, ...metrics, ...evaluation };
    },
    snapshot: () => solver.snapshot(),
    restore(snapshot) {
      solver.restore(snapshot);
    },
    close() {
      evaluationEnvironment.close();
      void solver.close();
    },
  };
}

export const sac: AgentDefinition<typeof sacAgentSchema> = {
  name: "sac",
  description: "Soft actor-critic under the environment's own reward: experts, and the reference for learned rewards",
  needsDemonstrations: false,
  config: sacAgentSchema,
  presets: () => ({
    smoke: { steps: 3_000, randomSteps: 1_000, hidden: [32, 32], batchSize: 32, evaluationInterval: 1_000, evaluationEpisodes: 2 },
    quick: { steps: 200_000, hidden: [64, 64], batchSize: 100, policyLearningRate: 1e-3, criticLearningRate: 1e-3 },
    paper: { steps: 1_000_000 },
  }),
  create,
};
