import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { datasetSource } from "../dataset-source.ts";
import { modelPhase } from "../model-phase.ts";
import { requireInput, type AgentDefinition, type Trainer, type TrainerContext } from "../trainer.ts";
import { fitWorldModel } from "../world-model/fit.ts";
import type { WorldModel } from "../world-model/model.ts";
import { startStates } from "../world-model/world.ts";
import { mopoSchema, type MopoConfig } from "./config.ts";
import { mopoPresets } from "./presets.ts";
import { createMopo, knownLimit, modelMetrics, updatesPerModelStep } from "./solver.ts";

/** Policy updates of one call of `advance`. */
const UNIT = 500;

/**
 * Model-based offline policy optimisation (Yu et al. 2020): a policy for the dataset's rewards, or for a reward that was
 * learned elsewhere, from the dataset alone.
 */
async function create(context: TrainerContext, config: MopoConfig): Promise<Trainer> {
  const { environment, seed, reward: given } = context;
  const set = requireInput("mopo", context, "dataset");
  updatesPerModelStep(config);
  const random = createRandom(seed);
  const datasetRewards = given === undefined;
  if (datasetRewards && config.penalty.target > 0) {
    throw new UserError(`penalty.target=${config.penalty.target}: λ adapts to a reward of --reward; the dataset's are stored less their penalty`);
  }

  const train = async (model: WorldModel): Promise<Trainer> => {
    if (datasetRewards && !model.architecture.rewards) {
      throw new UserError("the given world model predicts no rewards: train one with rewards=true, or give a reward with --reward");
    }
    const { solver, world } = await createMopo({
      model,
      others: { source: datasetSource(set, datasetRewards), share: config.realShare },
      starts: startStates([{ observations: set.observations, share: 1 }], set.observationSize),
      knownUpTo: await knownLimit(model, set, config, random),
      known: set,
      reward: given,
      config,
      totalSteps: config.steps,
      random,
    });
    return {
      environmentSteps: 0,
      get steps() {
        // the last step of the model may bring more updates than were asked for
        return Math.min(solver.steps, config.steps);
      },
      totalSteps: config.steps,
      get done() {
        return solver.steps >= config.steps;
      },
      policy: solver.result,
      model,
      async advance() {
        const metrics = await solver.improve(Math.min(UNIT, config.steps - solver.steps));
        return { environmentSteps: 0, ...modelMetrics(metrics), ...world.metrics() };
      },
      snapshot: () => solver.snapshot(),
      restore(snapshot) {
        solver.restore(snapshot);
      },
      close: () => void solver.close(),
    };
  };

  const model = context.model ?? {
    fit: await fitWorldModel({ environment: environment.id, set, config: config.model, rewards: datasetRewards, random: random.split("world model") }),
    steps: config.model.steps,
  };
  return modelPhase({ model, steps: config.steps, train });
}

export const mopo: AgentDefinition<typeof mopoSchema> = {
  name: "mopo",
  description: "Model-based offline policy optimisation: a policy from a dataset alone, for its rewards or for a learned one",
  takes: { dataset: "required", model: "optional", reward: "optional" },
  config: mopoSchema,
  presets: mopoPresets,
  create,
};
