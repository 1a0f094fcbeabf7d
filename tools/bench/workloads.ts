import { sacSchema } from "../../agents/sac/config.ts";
import { compileSacUpdate, sacNetworks } from "../../agents/sac/update.ts";
import { environmentReward } from "../../agents/reward-function.ts";
import { worldModelSchema } from "../../agents/world-model/config.ts";
import { ensemble } from "../../agents/world-model/ensemble.ts";
import { compileEnsembleUpdate } from "../../agents/world-model/update.ts";
import type { Executor } from "../../src/nn/executor.ts";
import { gaussianPolicy } from "../../src/nn/gaussian-policy.ts";
import { createRandom } from "../../src/random/index.ts";

export interface SacWorkloadOptions {
  /** Hidden layer sizes of policy and critics. */
  readonly hidden: readonly number[];
  /** Transitions per update. */
  readonly batch: number;
  readonly updatesPerRun?: number;
  readonly executor?: Executor;
}

/** The SAC update of `agents/sac` for 17 observations and 6 actions: W1 with hidden 64-64, batch 100; W2 with 256-256, 256. */
export async function sacWorkload({ hidden, batch, updatesPerRun = 10, executor }: SacWorkloadOptions) {
  const observationSize = 17;
  const actionSize = 6;
  const config = sacSchema.parse({ hidden: [...hidden], batchSize: batch, updatesPerRun });
  const policy = gaussianPolicy({ observationSize, actionSize, hidden });
  const networks = sacNetworks(policy, observationSize, actionSize, config);
  const program = await compileSacUpdate({
    networks,
    observationSize,
    actionSize,
    reward: environmentReward,
    config,
    totalUpdates: 1_000_000,
    executor,
  });
  const random = createRandom(0);
  const critics = networks.critic.initialize(random.split("critic weights"));
  program.setState("phi", policy.network.initialize(random.split("policy weights")));
  program.setState("theta", critics);
  program.setState("target", critics);
  program.setState("logAlpha", [Float32Array.of(Math.log(config.temperature))]);
  for (const arrays of program.batches) {
    for (const key of ["observation", "nextObservation", "noise", "nextNoise"] as const) random.fillNormal(arrays[key]);
    for (const key of ["action", "reward"] as const) random.fillUniform(arrays[key], -1, 1);
    arrays.terminated.forEach((_, i) => (arrays.terminated[i] = random.uniform() < 0.05 ? 1 : 0));
  }
  return program;
}

export interface EnsembleWorkloadOptions {
  readonly updatesPerRun?: number;
  readonly executor?: Executor;
}

/**
 * W3: one Adam update of a world model (`agents/world-model`): 7 Gaussian networks (23 inputs, 18 outputs, 4 hidden layers of
 * 200, SiLU), each on a batch of 256 of its own, and the common bounds of their log σ². Without weight decay, which the
 * peers do not have.
 */
export async function ensembleWorkload({ updatesPerRun = 10, executor }: EnsembleWorkloadOptions = {}) {
  const architecture = {
    environment: "none",
    observationSize: 17,
    actionSize: 6,
    members: 7,
    hidden: [200, 200, 200, 200],
    rewards: true,
  };
  const program = await compileEnsembleUpdate({
    architecture,
    config: worldModelSchema.parse({ weightDecay: [0], finalLearningRateFraction: 1 }),
    updatesPerRun,
    executor,
  });
  const random = createRandom(0);
  const { theta, bounds } = ensemble(architecture).initialize(random.split("weights"));
  program.setState("theta", theta);
  program.setState("bounds", bounds);
  for (const arrays of program.batches) {
    random.fillUniform(arrays.input, -1, 1);
    random.fillUniform(arrays.target, -1, 1);
  }
  return program;
}
