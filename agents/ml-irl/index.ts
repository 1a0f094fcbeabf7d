import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { combine, select } from "../../src/runs/snapshot.ts";
import { takeTrajectories } from "../demonstrations.ts";
import { rewardNetwork } from "../reward-network.ts";
import { rollout } from "../rollout.ts";
import { createSac } from "../sac/solver.ts";
import type { AgentDefinition, Metrics, Trainer, TrainerContext } from "../trainer.ts";
import { experienceRows, trajectoryRows } from "../trajectory-rows.ts";
import { environmentWorld } from "../world.ts";
import { mlIrlSchema, type MlIrlConfig } from "./config.ts";
import { mlIrlLearner } from "./learner.ts";

/** Policy steps of one call of `advance`, at most. */
const UNIT = 1_000;

/**
 * ML-IRL (thesis, algorithm 2): repeat { several SAC steps under r(·;θ); expert and agent trajectories; a reward step }.
 */
async function create(context: TrainerContext, config: MlIrlConfig): Promise<Trainer> {
  const { environment: spec, makeEnvironment, seed, demonstrations } = context;
  const trajectories = takeTrajectories("ml-irl", demonstrations, config.trajectories);
  const { observationSize, actionSize, maxEpisodeSteps: horizon } = spec;
  const random = createRandom(seed);
  const { afterTermination, agentSamples, agentTrajectories } = config;
  const fresh = agentSamples === "rollouts";
  if (!fresh && afterTermination === "continue") {
    throw new UserError('afterTermination=continue needs agentSamples=rollouts: the solver starts anew after a fall, so its experience holds no fallen states');
  }
  const policySteps = Math.round(config.policyEpisodes * horizon);
  const rolloutSteps = fresh ? agentTrajectories * horizon : 0;
  const iterations = Math.ceil(config.steps / (policySteps + rolloutSteps));

  const network = rewardNetwork({
    environment: spec.id,
    input: config.rewardInput,
    observationSize,
    actionSize,
    hidden: config.rewardHidden,
    activation: config.rewardActivation,
    bound: config.rewardBound,
    absorbing: afterTermination === "absorbing",
  });
  const weighting = { gamma: config.discounted ? config.sac.gamma : 1, horizon, afterTermination };
  const expert = trajectoryRows(trajectories, weighting);
  const learner = await mlIrlLearner({
    network,
    config,
    agentRows: agentTrajectories * horizon,
    expertRows: expert.weights.length,
    totalSteps: iterations * config.rewardSteps,
    random: random.split("reward"),
  });
  const solver = await createSac({
    world: environmentWorld([await makeEnvironment()], seed),
    environment: spec.id,
    reward: learner.reward,
    config: config.sac,
    totalSteps: iterations * policySteps,
    random: random.split("solver"),
  });
  const rolloutEnvironment = await makeEnvironment();
  const rolloutRandom = random.split("rollouts");
  rolloutEnvironment.reset({ seed: rolloutRandom.integer(2 ** 31) });
  let rolledOut = 0;
  let iteration = 0;

  /** Agent trajectories τᴬ of the current policy. */
  const sampleAgent = async () => {
    if (!fresh) {
      const recent = solver.replay.recent(agentTrajectories * horizon);
      return experienceRows(recent, recent.endings, weighting);
    }
    const episodes = [];
    for (let i = 0; i < agentTrajectories; i++) {
      const episode = await rollout(rolloutEnvironment, solver.policy, {
        mode: "sample",
        random: rolloutRandom,
        afterTermination: afterTermination === "continue" ? "continue" : "stop",
      });
      rolledOut += episode.length;
      episodes.push(episode);
    }
    return trajectoryRows(episodes, weighting);
  };

  const environmentSteps = (): number => solver.steps + rolledOut;
  return {
    get environmentSteps() {
      return environmentSteps();
    },
    get steps() {
      return environmentSteps();
    },
    totalSteps: config.steps,
    get done() {
      return environmentSteps() >= config.steps;
    },
    policy: solver.policy,
    reward: learner.reward,
    async advance() {
      const iterationEnd = (iteration + 1) * policySteps;
      const left = config.steps - environmentSteps();
      let metrics: Metrics = await solver.improve(Math.min(UNIT, iterationEnd - solver.steps, left));
      if (solver.steps === iterationEnd) {
        iteration++;
        // a reward that no policy step follows would leave the run with a policy of another reward
        if (environmentSteps() + rolloutSteps < config.steps) {
          metrics = { ...metrics, ...(await learner.update(expert, await sampleAgent())) };
        }
      }
      return { environmentSteps: environmentSteps(), iteration, ...metrics };
    },
    snapshot: () =>
      combine({
        solver: solver.snapshot(),
        reward: learner.snapshot(),
        rollouts: rolloutEnvironment.save(),
        loop: { arrays: {}, values: { rolledOut, iteration, random: rolloutRandom.state() } },
      }),
    restore(snapshot) {
      solver.restore(select(snapshot, "solver"));
      learner.restore(select(snapshot, "reward"));
      rolloutEnvironment.restore(select(snapshot, "rollouts"));
      const { values } = select(snapshot, "loop");
      rolledOut = Number(values.rolledOut);
      iteration = Number(values.iteration);
      rolloutRandom.restore(values.random as number[]);
    },
    close() {
      rolloutEnvironment.close();
      void solver.close();
      void learner.close();
    },
  };
}

export const mlIrl: AgentDefinition<typeof mlIrlSchema> = {
  name: "ml-irl",
  description: "Maximum-likelihood inverse reinforcement learning: recovers a reward, and a policy, from demonstrations",
  needsDemonstrations: true,
  config: mlIrlSchema,
  presets: () => {
    // the thesis's network (2.9.2), with the step size and batch of its public code; step sizes fall so that the run settles
    const sac = {
      hidden: [64, 64],
      batchSize: 100,
      policyLearningRate: 1e-3,
      criticLearningRate: 1e-3,
      automaticTemperature: false,
      temperature: 0.1,
      randomSteps: 1_000,
      finalLearningRateFraction: 0.05,
    };
    const falling = { finalRewardLearningRateFraction: 0.05 };
    return {
      smoke: { steps: 4_000, agentTrajectories: 1, sac: { ...sac, hidden: [32, 32], batchSize: 32, randomSteps: 500 } },
      quick: { ...falling, steps: 300_000, sac },
      paper: { ...falling, steps: 500_000, sac },
    };
  },
  create,
};
