import type { EnvironmentSpec } from "../../envs/index.ts";
import type { Random } from "../../src/random/index.ts";
import { executorOf } from "../executor.ts";
import type { RewardLearner } from "../reward-learner.ts";
import { rewardNetwork } from "../reward-network.ts";
import type { AfterTermination } from "../trajectory-rows.ts";
import type { RewardStepConfig } from "./config.ts";
import { mlIrlLearner, type MlIrlLearnerOptions } from "./learner.ts";

/** What an agent's configuration says of its reward. */
export interface RewardConfig extends RewardStepConfig {
  readonly rewardInput: "state" | "state-action";
  readonly afterTermination: AfterTermination;
  readonly sac: { readonly executor: string };
}

export interface RewardOptions extends Pick<MlIrlLearnerOptions, "agentRows" | "expertRows"> {
  readonly environment: EnvironmentSpec;
  readonly config: RewardConfig;
  /** Of the whole run. */
  readonly iterations: number;
  /** The run's generator. */
  readonly random: Random;
}

/** The reward network that a configuration asks for, and its learner. */
export function learnerOf({ environment, config, agentRows, expertRows, iterations, random }: RewardOptions): Promise<RewardLearner> {
  const { afterTermination } = config;
  return mlIrlLearner({
    network: rewardNetwork({
      environment: environment.id,
      input: config.rewardInput,
      observationSize: environment.observationSize,
      actionSize: environment.actionSize,
      hidden: config.rewardHidden,
      activation: config.rewardActivation,
      bound: config.rewardBound,
      absorbing: afterTermination === "absorbing",
    }),
    config,
    agentRows,
    expertRows,
    level: afterTermination === "level" ? config.rewardLevel : undefined,
    totalSteps: iterations * config.rewardSteps,
    random: random.split("reward"),
    executor: executorOf(config.sac.executor),
  });
}
