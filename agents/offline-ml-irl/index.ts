import { concatenate } from "../../datasets/concatenate.ts";
import { setOfTrajectory } from "../../datasets/transition-set.ts";
import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { experienceSampler } from "../agent-samples.ts";
import { takeTrajectories } from "../demonstrations.ts";
import { executorOf } from "../executor.ts";
import { irlLoop } from "../irl-loop.ts";
import { mlIrlLearner } from "../ml-irl/learner.ts";
import { modelPhase } from "../model-phase.ts";
import { createMopo, modelMetrics, updatesPerModelStep } from "../mopo/solver.ts";
import { onTopOfWorld } from "../reward-function.ts";
import type { Experience } from "../replay.ts";
import { rewardNetwork } from "../reward-network.ts";
import { requireInput, type AgentDefinition, type Trainer, type TrainerContext } from "../trainer.ts";
import { experienceRows, trajectoryRows, type Weighting } from "../trajectory-rows.ts";
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
  const { observationSize, actionSize } = spec;
  const { afterTermination, agentTrajectories, agentHorizon, policySteps } = config;
  const trajectories = takeTrajectories("offline-ml-irl", context.demonstrations, config.trajectories);
  const dataset = requireInput("offline-ml-irl", context, "dataset");
  const set = config.demonstrationsInData
    ? concatenate([dataset, ...trajectories.map((one) => setOfTrajectory(one, dataset.environment))])
    : dataset;
  const random = createRandom(seed);
  const iterations = Math.ceil(config.steps / policySteps);

  const fresh = config.agentSamples === "rollouts";
  const weighting: Weighting = { gamma: config.discounted ? config.sac.gamma : 1, horizon: agentHorizon, afterTermination };
  const wholeTrajectories = fresh && config.agentStarts === "first";
  if (config.discounted && !wholeTrajectories) {
    throw new UserError("discounted=true weights steps from a trajectory's first one: it needs agentStarts=first and agentSamples=rollouts");
  }
  const updates = updatesPerModelStep(config);
  if (policySteps % updates !== 0) {
    throw new UserError(`policySteps=${policySteps}: expected a multiple of the ${updates} updates that follow each step of the model (rollouts)`);
  }
  // the expert's steps that agent trajectories are compared with: as many from the first on, or all of them
  const expert = wholeTrajectories
    ? trajectoryRows(trajectories.map((one) => firstSteps(one, agentHorizon)), weighting)
    : experienceRows(partsOf(trajectories, agentHorizon), weighting);
  const expertStates = trajectories.map(({ observations }) => observations);

  const train = async (model: WorldModel): Promise<Trainer> => {
    const learner = await mlIrlLearner({
      network: rewardNetwork({
        environment: spec.id,
        input: config.rewardInput,
        observationSize,
        actionSize,
        hidden: config.rewardHidden,
        activation: config.rewardActivation,
        bound: config.rewardBound,
        absorbing: afterTermination === "absorbing",
      }),
      config,
      agentRows: agentTrajectories * agentHorizon,
      expertRows: expert.weights.length,
      level: afterTermination === "level" ? config.rewardLevel : undefined,
      totalSteps: iterations * config.rewardSteps,
      random: random.split("reward"),
      executor: executorOf(config.sac.executor),
    });
    const { solver, world } = await createMopo({
      model,
      set,
      starts: startStates(
        [
          { observations: set.observations, share: 1 - config.expertStarts },
          { observations: joined(expertStates), share: config.expertStarts },
        ],
        observationSize,
      ),
      reward: onTopOfWorld(learner.reward),
      datasetRewards: false,
      config,
      totalSteps: iterations * policySteps,
      random: random.split("solver"),
    });
    const sampler = fresh
      ? await modelSampler({
          model,
          policy: solver.policy,
          trajectories: agentTrajectories,
          starts: startStates(
            [{ observations: joined(config.agentStarts === "first" ? expertStates.map((all) => all.subarray(0, observationSize)) : expertStates), share: 1 }],
            observationSize,
          ),
          weighting,
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
      report: (metrics) => ({ ...modelMetrics(metrics), penalty: world.meanPenalty() }),
    });
  };

  // the networks that predict rewards share their layers with those that predict states
  if (context.model?.architecture.rewards) {
    throw new UserError("the given world model has learned the dataset's rewards, which offline-ml-irl must not know: train one with rewards=false");
  }
  const model = context.model ?? {
    fit: await fitWorldModel({ environment: spec.id, set, config: config.model, rewards: false, random: random.split("world model") }),
    steps: config.model.steps,
  };
  return modelPhase({ model, steps: config.steps, train });
}

const joined = (arrays: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(arrays.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
};

interface Steps {
  readonly length: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly terminated: boolean;
}

/** Trajectories as parts of at most `horizon` steps, one after the other. */
function partsOf(trajectories: readonly Steps[], horizon: number): Experience {
  const times = trajectories.flatMap(({ length }) => Array.from({ length }, (_, t) => t % horizon));
  let rows = 0;
  const endings = trajectories.flatMap(({ length, terminated }) => {
    rows += length;
    return terminated ? [{ row: rows - 1, length: ((length - 1) % horizon) + 1 }] : [];
  });
  return {
    observations: joined(trajectories.map(({ observations }) => observations)),
    actions: joined(trajectories.map(({ actions }) => actions)),
    times: Float32Array.from(times),
    endings,
  };
}

/** The first steps of a trajectory. */
function firstSteps({ length, observations, actions, terminated }: Steps, count: number): Steps {
  if (length <= count) return { length, observations, actions, terminated };
  return {
    length: count,
    observations: observations.subarray(0, (observations.length / length) * count),
    actions: actions.subarray(0, (actions.length / length) * count),
    terminated: false,
  };
}

export const offlineMlIrl: AgentDefinition<typeof offlineMlIrlSchema> = {
  name: "offline-ml-irl",
  description: "Offline maximum-likelihood IRL: a reward and a policy from demonstrations and a dataset, without an environment",
  takes: { demonstrations: "required", dataset: "required", model: "optional" },
  config: offlineMlIrlSchema,
  presets: offlineMlIrlPresets,
  create,
};
