import { batchOf } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { experienceSampler, rolloutSampler } from "../agent-samples.ts";
import { datasetSource } from "../dataset-source.ts";
import { takeTrajectories, transitionsOf } from "../demonstrations.ts";
import { irlLoop } from "../irl-loop.ts";
import { createSac } from "../sac/solver.ts";
import type { AgentDefinition, Trainer, TrainerContext } from "../trainer.ts";
import { trajectoryRows, type Weighting } from "../trajectory-rows.ts";
import { batchWorld } from "../world.ts";
import { mlIrlSchema, type MlIrlConfig } from "./config.ts";
import { mlIrlPresets } from "./presets.ts";
import { learnerOf } from "./reward.ts";

/** ML-IRL (thesis, algorithm 2): {@link irlLoop} with SAC in the environment and the likelihood's reward step. */
async function create(context: TrainerContext, config: MlIrlConfig): Promise<Trainer> {
  const { environment: spec, makeEnvironment, seed, demonstrations } = context;
  const { maxEpisodeSteps: horizon } = spec;
  const { afterTermination, agentSamples, agentTrajectories } = config;
  const trajectories = takeTrajectories("ml-irl", demonstrations, config.trajectories);
  if (!Number.isFinite(horizon)) throw new UserError(`${spec.id} has no time limit: ml-irl compares trajectories of one length`);
  const fresh = agentSamples === "rollouts";
  if (!fresh && afterTermination === "continue") {
    throw new UserError(
      "afterTermination=continue needs agentSamples=rollouts: the solver starts anew after a fall, so its experience holds no fallen states",
    );
  }
  const policySteps = Math.max(1, Math.round(config.policyEpisodes * horizon));
  const iterations = Math.ceil(config.steps / (policySteps + (fresh ? agentTrajectories * horizon : 0)));
  const random = createRandom(seed);

  const weighting: Weighting = { gamma: config.discounted ? config.sac.gamma : 1, horizon, afterTermination };
  const expert = trajectoryRows(trajectories, weighting);
  const learner = await learnerOf({
    environment: spec,
    config,
    agentRows: agentTrajectories * horizon,
    expertRows: expert.weights.length,
    iterations,
    random,
  });
  const solver = await createSac({
    world: batchWorld(batchOf([await makeEnvironment()], seed)),
    environment: spec.id,
    reward: learner.reward,
    config: config.sac,
    totalSteps: iterations * policySteps,
    ...(config.expertShare > 0 && {
      others: { source: datasetSource(transitionsOf(trajectories, spec.id), false), share: config.expertShare },
    }),
    random: random.split("solver"),
  });
  const sampler = fresh
    ? rolloutSampler(solver, await makeEnvironment(), agentTrajectories, weighting, random.split("rollouts"))
    : experienceSampler(solver, agentTrajectories * horizon, weighting);
  return irlLoop({ solver, learner, expert, sampler, policySteps, totalSteps: config.steps });
}

export const mlIrl: AgentDefinition<typeof mlIrlSchema> = {
  name: "ml-irl",
  description: "Maximum-likelihood inverse reinforcement learning: recovers a reward, and a policy, from demonstrations",
  takes: { demonstrations: "required" },
  config: mlIrlSchema,
  needsExpertActions({ rewardInput, expertShare }) {
    if (rewardInput !== "state") return "the reward r(s,a) depends on them (rewardInput=state: r(s))";
    return expertShare > 0 ? "the solver learns from them (expertShare=0: it does not)" : undefined;
  },
  presets: mlIrlPresets,
  create,
};
