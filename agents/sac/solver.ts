import type { Executor } from "../../src/nn/executor.ts";
import type { GaussianPolicy } from "../../src/nn/gaussian-policy.ts";
import { compile } from "../../src/nn/program.ts";
import type { Layout, VectorValues } from "../../src/nn/vector.ts";
import type { Random } from "../../src/random/index.ts";
import { combine, select } from "../../src/runs/snapshot.ts";
import { executorOf } from "../executor.ts";
import { gaussianOf, networkPolicy, type PolicyArchitecture } from "../network-policy.ts";
import type { PolicySolver } from "../policy-solver.ts";
import { createReplay, minibatchRows, type TransitionSource } from "../replay.ts";
import type { RewardFunction } from "../reward-function.ts";
import type { World } from "../world.ts";
import type { SacConfig } from "./config.ts";
import { sacNetworkWeights, type SacNetworkWeights } from "./networks.ts";
import { compileSacUpdate, sacNetworks } from "./update.ts";

export interface SacOptions {
  readonly world: World;
  readonly environment: string;
  readonly reward: RewardFunction;
  readonly config: SacConfig;
  /** Steps of the whole run, over which step sizes may fall. */
  readonly totalSteps: number;
  /**
   * Transitions that the world gives per update; 1 by default. A world model's cost next to nothing, so the solver's
   * steps are then counted in updates. Must divide the world's size, or be 1.
   */
  readonly transitionsPerUpdate?: number;
  /** Transitions from elsewhere that make up a share of each minibatch, such as the dataset behind a world model. */
  readonly others?: { readonly source: TransitionSource; readonly share: number };
  readonly random: Random;
  /** Networks to go on from, of the architecture that `config` asks for; random weights without them. */
  readonly initial?: SacNetworkWeights;
}

/** A {@link PolicySolver} whose networks another run can go on from. */
export interface SacSolver extends PolicySolver {
  readonly networks: SacNetworkWeights;
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

/** From this many members of a world on, a backend answers all states at once. */
const BATCHED_FROM = 8;

/** Actions of the current policy for all members of a world, [size, A]. */
async function batchedActor(
  { sample }: GaussianPolicy,
  layout: Layout,
  { size, observationSize, actionSize }: World,
  executor: Executor,
) {
  const program = await compile(
    {
      name: "policy",
      state: {},
      context: { phi: layout },
      batch: { observation: [size, observationSize], noise: [size, actionSize] },
      update: ({ context, batch: { observation, noise } }) => ({
        state: {},
        outputs: { action: sample(context.phi, observation, noise).action },
      }),
    },
    executor,
  );
  const [{ observation, noise }] = program.batches;
  return {
    async act(phi: VectorValues, observations: Float32Array, actionNoise: Float32Array, actions: Float32Array): Promise<void> {
      observation.set(observations);
      noise.set(actionNoise);
      actions.set((await program.run({ phi })).action);
    },
    dispose: () => program.dispose(),
  };
}

/**
 * Soft actor-critic (Haarnoja et al. 2018) as a {@link PolicySolver}: one update per step of a live environment. In a world
 * model it is MOPO's policy optimisation (Yu et al. 2020, algorithm 2).
 */
export async function createSac({
  world,
  environment,
  reward,
  config,
  totalSteps,
  transitionsPerUpdate = 1,
  others,
  random,
  initial,
}: SacOptions): Promise<SacSolver> {
  const { observationSize, actionSize, size } = world;
  const { updatesPerRun, randomSteps } = config;
  const stepsPerWorldStep = size / transitionsPerUpdate;
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
  const phi = initial?.phi ?? networks.policy.network.initialize(random.split("policy weights"));
  update.setState("phi", phi);
  update.setState("average", phi);
  update.setState("theta", initial?.theta ?? initialCritics);
  update.setState("target", initial?.target ?? initialCritics);
  update.setState("logAlpha", config.automaticTemperature && initial ? initial.logAlpha : [Float32Array.of(Math.log(config.temperature))]);

  const policy = networkPolicy(architecture, () => update.state("phi"));
  const { network } = networks.policy;
  const batched =
    size >= BATCHED_FROM ? await batchedActor(networks.policy, network.layout, world, executorOf(config.executor)) : undefined;
  const replay = createReplay(config.replayCapacity, observationSize, actionSize);
  const noise = random.split("action noise");
  const minibatches = random.split("minibatches");
  const actionNoise = new Float32Array(size * actionSize);
  const actions = new Float32Array(size * actionSize);
  const times = new Int32Array(size);
  const returns = new Float64Array(size);
  let steps = 0;
  let owedUpdates = 0;

  const act = async (): Promise<void> => {
    if (steps < randomSteps && initial === undefined) {
      for (let i = 0; i < actions.length; i++) {
        const j = i % actionSize;
        actions[i] = world.actionLow[j] + (world.actionHigh[j] - world.actionLow[j]) * noise.uniform();
      }
      return;
    }
    noise.fillNormal(actionNoise);
    if (batched === undefined) policy.actions(world.observations, actionNoise, actions);
    else await batched.act(policy.parameters(), world.observations, actionNoise, actions);
  };

  // the parts of every minibatch that come from the solver's own experience, and from elsewhere
  const ownRows = config.batchSize - Math.round((others?.share ?? 0) * config.batchSize);
  const parts = update.batches.map((batch) => ({ batch, own: minibatchRows(batch, 0, ownRows), other: minibatchRows(batch, ownRows, config.batchSize) }));

  const runUpdates = async () => {
    for (const { batch, own, other } of parts) {
      if (ownRows > 0) replay.sample(minibatches, own);
      if (ownRows < config.batchSize) others?.source.sample(minibatches, other);
      minibatches.fillNormal(batch.noise);
      minibatches.fillNormal(batch.nextNoise);
    }
    return update.run({ reward: reward.parameters() });
  };

  return {
    policy,
    result: networkPolicy(architecture, () => update.state("average")),
    replay,
    networks: sacNetworkWeights({ ...architecture, criticLayerNorm: config.criticLayerNorm }, (part) => update.state(part)),
    get steps() {
      return steps;
    },
    async improve(count) {
      const finished: number[] = [];
      const lengths: number[] = [];
      let losses: Awaited<ReturnType<typeof runUpdates>> | undefined;
      const end = steps + count;
      while (steps < end) {
        await act();
        const before = world.observations.slice();
        const { nextObservations, rewards, terminated, truncated } = await world.step(actions);
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
        if (steps >= randomSteps) owedUpdates += stepsPerWorldStep;
        steps += stepsPerWorldStep;
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
      await Promise.all([update.dispose(), batched?.dispose()]);
    },
  };
}
