import { concatenate } from "../../datasets/concatenate.ts";
import { trajectories as episodesOf } from "../../datasets/transition-set.ts";
import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { experienceSampler } from "../agent-samples.ts";
import { takeTrajectories, transitionsOf } from "../demonstrations.ts";
import { datasetSource, mixedSource } from "../dataset-source.ts";
import { executorOf } from "../executor.ts";
import { irlLoop } from "../irl-loop.ts";
import { learnerOf } from "../ml-irl/reward.ts";
import { modelPhase } from "../model-phase.ts";
import { createMopo, knownLimit, modelMetrics, updatesPerModelStep } from "../mopo/solver.ts";
import { requireInput, type AgentDefinition, type Trainer, type TrainerContext } from "../trainer.ts";
import { comparedRows, firstStates, joined, type Weighting } from "../trajectory-rows.ts";
import { fitWorldModel } from "../world-model/fit.ts";
import type { WorldModel } from "../world-model/model.ts";
import { modelSampler } from "../world-model/sampler.ts";
import { startStates } from "../world-model/world.ts";
import { offlineMlIrlSchema, type OfflineMlIrlConfig } from "./config.ts";
import { offlineMlIrlPresets } from "./presets.ts";

/**
 * Offline ML-IRL (thesis, algorithm 3): {@link irlLoop} with MOPO in a world model and the likelihood's reward step. The
 * dataset's rewards enter nowhere.
 */
async function create(context: TrainerContext, config: OfflineMlIrlConfig): Promise<Trainer> {
  const { environment: spec, seed } = context;
  const { observationSize } = spec;
  const { afterTermination, agentTrajectories, agentHorizon, policySteps } = config;
  const trajectories = takeTrajectories("offline-ml-irl", context.demonstrations, config.trajectories);
  const dataset = requireInput("offline-ml-irl", context, "dataset");
  const expertSet = transitionsOf(trajectories, dataset.environment);
  const set = config.demonstrationsInData ? concatenate([dataset, expertSet]) : dataset;
  const random = createRandom(seed);
  const iterations = Math.ceil(config.steps / policySteps);

  const fresh = config.agentSamples === "rollouts";
  const weighting: Weighting = { gamma: config.discounted ? config.sac.gamma : 1, horizon: agentHorizon, afterTermination };
  const agentStarts = fresh ? config.agentStarts : "any";
  if (config.discounted && agentStarts !== "first") {
    throw new UserError("discounted=true weights steps from a trajectory's first one: it needs agentStarts=first and agentSamples=rollouts");
  }
  const updates = updatesPerModelStep(config);
  if (policySteps % updates !== 0) {
    throw new UserError(`policySteps=${policySteps}: expected a multiple of the ${updates} updates that follow each step of the model (rollouts)`);
  }
  if (config.expertStarts + config.firstStarts > 1) {
    throw new UserError(`expertStarts=${config.expertStarts} and firstStarts=${config.firstStarts} are shares of one whole: expected a sum of at most 1`);
  }
  if (config.modelExpertShare > 0 && !config.demonstrationsInData) {
    throw new UserError(`modelExpertShare=${config.modelExpertShare} needs demonstrationsInData=true`);
  }
  if (config.realShare + config.expertShare > 1) {
    throw new UserError(`realShare=${config.realShare} and expertShare=${config.expertShare} are shares of one whole: expected a sum of at most 1`);
  }
  const expertStates = joined(trajectories.map(({ observations }) => observations));
  const expertFirst = firstStates(trajectories);
  const expert = comparedRows(trajectories, agentStarts, weighting);
  const agentStates = {
    first: [{ observations: expertFirst, share: 1 }],
    any: [{ observations: expertStates, share: 1 }],
    both: [
      { observations: expertFirst, share: 0.5 },
      { observations: expertStates, share: 0.5 },
    ],
  };

  const train = async (model: WorldModel): Promise<Trainer> => {
    const learner = await learnerOf({
      environment: spec,
      config,
      agentRows: agentTrajectories * agentHorizon,
      expertRows: expert.weights.length,
      iterations,
      random,
    });
    const knownUpTo = await knownLimit(model, set, config, random);
    const { solver, world } = await createMopo({
      model,
      knownUpTo,
      others: {
        source: mixedSource([
          { source: datasetSource(set, false), share: config.realShare },
          { source: datasetSource(expertSet, false), share: config.expertShare },
        ]),
        share: config.realShare + config.expertShare,
      },
      starts: startStates(
        [
          { observations: set.observations, share: 1 - config.expertStarts - config.firstStarts },
          { observations: expertStates, share: config.expertStarts },
          { observations: joined([firstStates(episodesOf(dataset)), expertFirst]), share: config.firstStarts },
        ],
        observationSize,
      ),
      known: expertSet,
      reward: learner.reward,
      config,
      totalSteps: iterations * policySteps,
      random: random.split("solver"),
    });
    const sampler = fresh
      ? await modelSampler({
          model,
          policy: solver.policy,
          trajectories: agentTrajectories,
          starts: startStates(agentStates[agentStarts], observationSize),
          weighting,
          noise: config.rollouts.noise,
          knownUpTo,
          random: random.split("rollouts"),
          executor: executorOf(config.sac.executor),
        })
      : experienceSampler(solver, agentTrajectories * agentHorizon, weighting);
    return irlLoop({
      solver,
      learner,
      expert,
      sampler,
      policySteps,
      totalSteps: config.steps,
      offline: true,
      model,
      report: (metrics) => ({ ...modelMetrics(metrics), ...world.metrics() }),
    });
  };

  // the networks that predict rewards share their layers with those that predict states
  if (context.model?.architecture.rewards) {
    throw new UserError("the given world model has learned the dataset's rewards, which offline-ml-irl must not know: train one with rewards=false");
  }
  const model = context.model ?? {
    fit: await fitWorldModel({
      environment: spec.id,
      set,
      config: config.model,
      rewards: false,
      emphasis: { from: dataset.size, share: config.modelExpertShare },
      random: random.split("world model"),
    }),
    steps: config.model.steps,
  };
  return modelPhase({ model, steps: config.steps, train });
}

export const offlineMlIrl: AgentDefinition<typeof offlineMlIrlSchema> = {
  name: "offline-ml-irl",
  description: "Offline maximum-likelihood IRL: a reward and a policy from demonstrations and a dataset, without an environment",
  takes: { demonstrations: "required", dataset: "required", model: "optional" },
  config: offlineMlIrlSchema,
  presets: offlineMlIrlPresets,
  needsExpertActions({ rewardInput, demonstrationsInData }) {
    if (rewardInput !== "state") return "the reward r(s,a) depends on them (rewardInput=state: r(s))";
    return demonstrationsInData ? "the world model learns from them (demonstrationsInData=false: it does not)" : undefined;
  },
  create,
};
