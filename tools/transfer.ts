import { loadLearnedReward, type LearnedReward } from "../agents/reward-network.ts";
import type { AgentDefinition } from "../agents/trainer.ts";
import { readDemonstrations, type Demonstrations } from "../datasets/demonstrations.ts";
import { openDataset } from "../datasets/open.ts";
import { listEnvironments, meaningDifference, type EnvironmentSpec } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";

/** The run that an input is for. */
export interface Purpose {
  readonly agent: AgentDefinition;
  readonly environment: EnvironmentSpec;
  /** As the agent's schema has it. */
  readonly config: unknown;
}

const specOf = (id: string | undefined): EnvironmentSpec | undefined => listEnvironments().find((spec) => spec.id === id);

/**
 * Demonstrations of this environment, or of another one where only the expert's states count and mean the same.
 * @throws UserError that says why not
 */
export async function readDemonstrationsFor(file: string, { agent, environment, config }: Purpose): Promise<Demonstrations> {
  const dataset = await openDataset(file);
  const recorded = dataset.environment;
  dataset.close();
  const source = specOf(recorded);
  // what does not say where it was recorded counts as this environment's; an unknown place is refused by the reader
  if (source === undefined || source.id === environment.id) return readDemonstrations(file, environment);
  const need = agent.needsExpertActions === undefined ? `${agent.name} imitates them` : agent.needsExpertActions(config);
  const difference = meaningDifference(source, environment, "state");
  const reason = difference ?? (need && `the expert's actions answer to another body, and ${need}`);
  if (reason !== undefined) throw new UserError(`${file}: recorded in ${source.id}, this run needs ${environment.id}: ${reason}`);
  return readDemonstrations(file, source);
}

/**
 * A reward of this environment, or of another one where what it depends on means the same.
 * @throws UserError that says what differs
 */
export function readRewardFor(file: string, environment: EnvironmentSpec): LearnedReward {
  const reward = loadLearnedReward(file);
  const { environment: home, input } = reward.network.architecture;
  if (home === environment.id) return reward;
  const refused = `${file}: a reward for ${home}, the run is in ${environment.id}`;
  const source = specOf(home);
  if (source === undefined) throw new UserError(`${refused}, and this version knows no ${home}`);
  const difference = meaningDifference(source, environment, input);
  if (difference === undefined) return reward;
  const ofActions = meaningDifference(source, environment, "state") === undefined;
  throw new UserError(`${refused}: ${difference}${ofActions ? "; a reward of states alone (rewardInput=state) can be transferred" : ""}`);
}
