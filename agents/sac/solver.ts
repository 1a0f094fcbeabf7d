import type { Random } from "../../src/random/index.ts";
import { combine, select } from "../../src/runs/snapshot.ts";
import { executorOf } from "../executor.ts";
import { gaussianOf, networkPolicy, type NetworkPolicy, type PolicyArchitecture } from "../network-policy.ts";
import type { PolicySolver } from "../policy-solver.ts";
import { createReplay } from "../replay.ts";
import type { RewardFunction } from "../reward-function.ts";
import type { World } from "../world.ts";
import type { SacConfig } from "./config.ts";
import { compileSacUpdate, sacNetworks } from "./update.ts";

export interface SacOptions {
  readonly world: World;
  readonly environment: string;
  readonly reward: RewardFunction;
  readonly config: SacConfig;
  /** World steps of the whole run, over which step sizes may fall. */
  readonly totalSteps: number;
  readonly random: Random;
  /** The policy to start from, of the architecture that `config` asks for; random weights without one. */
  readonly initialPolicy?: NetworkPolicy;
}

/** The architecture of the policy that a configuration asks for in a world. */
export const architectureOf = (
  environment: string,
  { observationSize, actionSize, actionLow, actionHigh }: Pick<World, "observationSize" | "actionSize" | "actionLow" | "actionHigh">,
  { hidden, activation }: Pick<SacConfig, "hidden" | "activation">,
): PolicyArchitecture => ({
  environment,
  observationSize,
  actionSize,
  hidden,
  activation,
  actionLow: [...actionLow],
  actionHigh: [...actionHigh],
});

/** Soft actor-critic (Haarnoja et al. 2018) as a {@link PolicySolver}: one update per step of the world. */
export async function createSac({ world, environment, reward, config, totalSteps, random, initialPolicy }: SacOptions): Promise<PolicySolver> {
  const { observationSize, actionSize, size } = world;
  const { updatesPerRun, randomSteps } = config;
  const architecture = architectureOf(environment, world, config);
  const networks = sacNetworks(gaussianOf(architecture), observationSize, actionSize, config);
  const update = await compileSacUpdate({
    networks,
    observationSize,
    actionSize,
    reward,
    config,
    totalUpdates: Math.max(1, totalSteps - randomSteps),
    executor: executorOf(config.executor),
  });
  const initialCritics = networks.critic.initialize(random.split("critic weights"));
  update.setState("phi", initialPolicy?.parameters() ?? networks.policy.network.initialize(random.split("policy weights")));
  update.setState("theta", initialCritics);
  update.setState("target", initialCritics);
  update.setState("logAlpha", [Float32Array.of(Math.log(config.temperature))]);

  const policy = networkPolicy(architecture, () => update.state("phi"));
  const replay = createReplay(config.replayCapacity, observationSize, actionSize);
  const noise = random.split("action noise");
  const minibatches = random.split("minibatches");
  const actionNoise = new Float32Array(size * actionSize);
  const actions = new Float32Array(size * actionSize);
  const times = new Int32Array(size);
  const returns = new Float64Array(size);
  let steps = 0;
  let owedUpdates = 0;

  const act = (): void => {
    if (steps < randomSteps && initialPolicy === undefined) {
      for (let i = 0; i < actions.length; i++) {
        const j = i % actionSize;
        actions[i] = world.actionLow[j] + (world.actionHigh[j] - world.actionLow[j]) * noise.uniform();
      }
      return;
    }
    noise.fillNormal(actionNoise);
    policy.actions(world.observations, actionNoise, actions);
  };

  const runUpdates = async () => {
    for (const batch of update.batches) {
      replay.sample(minibatches, batch);
      minibatches.fillNormal(batch.noise);
      minibatches.fillNormal(batch.nextNoise);
    }
    return update.run({ reward: reward.parameters() });
  };

  return {
    policy,
    replay,
    get steps() {
      return steps;
    },
    async improve(count) {
      const finished: number[] = [];
      const lengths: number[] = [];
      let losses: Awaited<ReturnType<typeof runUpdates>> | undefined;
      const end = steps + count;
      while (steps < end) {
        act();
        const before = world.observations.slice();
        const { nextObservations, rewards, terminated, truncated } = world.step(actions);
        for (let i = 0; i < size; i++) {
          const row = (array: Float32Array, width: number): Float32Array => array.subarray(i * width, (i + 1) * width);
          replay.push({
            observation: row(before, observationSize),
            action: row(actions, actionSize),
            reward: rewards[i],
            nextObservation: row(nextObservations, observationSize),
            terminated: terminated[i] === 1,
            time: times[i],
          });
          returns[i] += rewards[i];
          times[i]++;
          if (terminated[i] === 1 || truncated[i] === 1) {
            finished.push(returns[i]);
            lengths.push(times[i]);
            returns[i] = 0;
            times[i] = 0;
          }
        }
        if (steps >= randomSteps) owedUpdates += size;
        steps += size;
        for (; owedUpdates >= updatesPerRun; owedUpdates -= updatesPerRun) losses = await runUpdates();
      }
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
      return {
        ...(finished.length > 0 && { episodeReturn: mean(finished), episodeLength: mean(lengths) }),
        ...(losses && Object.fromEntries(Object.entries(losses).map(([name, [value]]) => [name, value]))),
      };
    },
    snapshot: () =>
      combine({
        update: update.snapshot(),
        replay: replay.snapshot(),
        world: world.snapshot(),
        solver: {
          arrays: { times, returns },
          values: { steps, owedUpdates, noise: noise.state(), minibatches: minibatches.state() },
        },
      }),
    restore(snapshot) {
      update.restore(select(snapshot, "update"));
      replay.restore(select(snapshot, "replay"));
      world.restore(select(snapshot, "world"));
      const { arrays, values } = select(snapshot, "solver");
      times.set(arrays.times);
      returns.set(arrays.returns);
      steps = Number(values.steps);
      owedUpdates = Number(values.owedUpdates);
      noise.restore(values.noise as number[]);
      minibatches.restore(values.minibatches as number[]);
    },
    async close() {
      world.close();
      await update.dispose();
    },
  };
}
