import type { TransitionSet } from "../../datasets/transition-set.ts";
import { UserError } from "../../src/errors.ts";
import type { Random } from "../../src/random/index.ts";
import { executorOf } from "../executor.ts";
import type { PolicySolver } from "../policy-solver.ts";
import type { TransitionSource } from "../replay.ts";
import { environmentReward, onTopOfWorld, type RewardFunction } from "../reward-function.ts";
import { createSac } from "../sac/solver.ts";
import type { Metrics } from "../trainer.ts";
import type { WorldModel } from "../world-model/model.ts";
import { disagreementLimit, meanPenalty } from "../world-model/unknown.ts";
import { modelWorld, type ModelWorld, type StartStates } from "../world-model/world.ts";
import { adaptivePenalty } from "./adaptive-penalty.ts";
import type { OfflineConfig } from "./config.ts";

export interface MopoOptions {
  readonly model: WorldModel;
  /** Transitions that make up a share of each minibatch. */
  readonly others: { readonly source: TransitionSource; readonly share: number };
  readonly starts: StartStates;
  /** Members that disagree more than this end a rollout as a fall does; absent: none does. */
  readonly knownUpTo?: number;
  /** What the policy maximises, less the penalty; absent: the rewards that the model predicts. */
  readonly reward?: RewardFunction;
  /** Transitions by whose U the target of λ is set. */
  readonly known: TransitionSet;
  readonly config: OfflineConfig;
  /** Policy updates of the whole run. */
  readonly totalSteps: number;
  readonly random: Random;
}

/**
 * Policy updates that follow each step of the model.
 * @throws UserError for rollouts that do not come out even with updates
 */
export function updatesPerModelStep({ rollouts: { size, transitionsPerUpdate }, sac: { updatesPerRun } }: OfflineConfig): number {
  const updates = size / transitionsPerUpdate;
  if (!Number.isInteger(updates) || updates % updatesPerRun !== 0) {
    throw new UserError(
      `rollouts.size=${size} with transitionsPerUpdate=${transitionsPerUpdate} gives ${updates} updates per step of the model, expected a multiple of sac.updatesPerRun=${updatesPerRun}`,
    );
  }
  return updates;
}

/** What a solver in a model reports: its episodes are rollouts there, not in the environment. */
export const modelMetrics = ({ episodeReturn, episodeLength, ...others }: Metrics): Metrics => ({
  ...others,
  ...(episodeReturn !== undefined && { modelReturn: episodeReturn, modelLength: episodeLength }),
});

/** The limit that `rollouts.knownShare` sets in a model of this data; undefined for none. */
export async function knownLimit(
  model: WorldModel,
  set: TransitionSet,
  { rollouts: { knownShare }, sac: { executor } }: OfflineConfig,
  random: Random,
): Promise<number | undefined> {
  return knownShare === 1 ? undefined : disagreementLimit(model, set, knownShare, random.split("known transitions"), executorOf(executor));
}

/** A policy solver and the model world that it acts in. */
export interface Mopo {
  readonly solver: PolicySolver;
  readonly world: ModelWorld;
}

/**
 * MOPO's policy optimisation (Yu et al. 2020, algorithm 2): SAC in branched rollouts of a world model, with a share of the
 * dataset in each minibatch. The solver's steps are policy updates.
 */
export async function createMopo({ model, others, starts, knownUpTo, known, reward, config, totalSteps, random }: MopoOptions): Promise<Mopo> {
  const { rollouts, penalty, sac } = config;
  const executor = executorOf(sac.executor);
  const adaptive = penalty.target > 0;
  const paying = await modelWorld({
    model,
    size: rollouts.size,
    horizon: rollouts.horizon,
    starts,
    rewards: reward === undefined,
    penalty: adaptive ? { ...penalty, coefficient: 1 } : penalty,
    knownUpTo,
    noise: rollouts.noise,
    random: random.split("world"),
    executor,
  });
  const usual = adaptive ? await meanPenalty(model, penalty.kind, known, random.split("known penalties"), executor) : undefined;
  if (usual === 0) throw new UserError(`penalty.target=${penalty.target}: the model is sure of all known transitions, ${penalty.kind} is 0 there`);
  const adapted = usual === undefined ? undefined : adaptivePenalty(paying, { ...penalty, target: penalty.target * usual });
  const world = adapted?.world ?? paying;
  const solver = await createSac({
    world,
    environment: model.architecture.environment,
    reward: reward === undefined ? environmentReward : onTopOfWorld(reward, adapted?.coefficient),
    config: { ...sac, randomSteps: 0 },
    totalSteps,
    transitionsPerUpdate: rollouts.transitionsPerUpdate,
    others,
    random: random.split("solver"),
  });
  return { solver, world };
}
