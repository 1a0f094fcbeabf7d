import { adam, momentLayouts } from "../../src/nn/adam.ts";
import { compile } from "../../src/nn/program.ts";
import { gradientVector } from "../../src/nn/vector.ts";
import { createRandom } from "../../src/random/index.ts";
import { combine, select } from "../../src/runs/snapshot.ts";
import { takeTrajectories } from "../demonstrations.ts";
import { gaussianOf, networkPolicy, type PolicyArchitecture } from "../network-policy.ts";
import type { AgentDefinition, Metrics, Trainer, TrainerContext } from "../trainer.ts";
import { bcSchema, type BcConfig } from "./config.ts";
import { negativeLogLikelihood, preSquash, squaredError } from "./loss.ts";

/** Gradient steps of one call of `advance`. */
const UNIT = 500;

/** Behaviour cloning (Pomerleau 1991): supervised learning of the expert's actions; no environment. */
async function create({ environment, makeEnvironment, seed, demonstrations }: TrainerContext, config: BcConfig): Promise<Trainer> {
  const trajectories = takeTrajectories("bc", demonstrations, config.trajectories);
  const { observationSize, actionSize } = environment;
  const { actionSpace, close } = await makeEnvironment();
  close();
  const architecture: PolicyArchitecture = {
    environment: environment.id,
    observationSize,
    actionSize,
    hidden: config.hidden,
    activation: config.activation,
    actionLow: [...actionSpace.low],
    actionHigh: [...actionSpace.high],
  };
  const policy = gaussianOf(architecture);
  const { layout } = policy.network;
  const optimizer = adam({ learningRate: config.learningRate, l2: config.l2 });
  const { batchSize } = config;
  const update = await compile({
    name: "BC update",
    state: { phi: layout, ...momentLayouts("phi", layout) },
    // what the policy should say: the pre-squash value u of the action, or the action itself
    batch: { observation: [batchSize, observationSize], target: [batchSize, actionSize] },
    optimizers: { policy: optimizer },
    update({ state, batch, optimizer: coefficients }) {
      const J =
        config.loss === "likelihood"
          ? negativeLogLikelihood(policy.logProb(state.phi, batch.observation, batch.target))
          : squaredError(batch.target, policy.mean(state.phi, batch.observation));
      const { theta, moments } = optimizer.step(
        state.phi,
        gradientVector(J, state.phi),
        { first: state["phi.m"], second: state["phi.v"] },
        coefficients.policy,
      );
      return { state: { phi: theta, "phi.m": moments.first, "phi.v": moments.second }, outputs: { policyLoss: J } };
    },
  });
  const random = createRandom(seed);
  update.setState("phi", policy.network.initialize(random.split("policy weights")));
  const minibatches = random.split("minibatches");
  const indices = new Int32Array(batchSize);
  const trained = networkPolicy(architecture, () => update.state("phi"));

  const observations = trajectories.flatMap((trajectory) =>
    Array.from({ length: trajectory.length }, (_, t) => trajectory.observations.subarray(t * observationSize, (t + 1) * observationSize)),
  );
  const actions = trajectories.flatMap((trajectory) =>
    Array.from({ length: trajectory.length }, (_, t) => trajectory.actions.subarray(t * actionSize, (t + 1) * actionSize)),
  );
  const targets =
    config.loss === "likelihood"
      ? actions.map((action) => action.map((value, j) => preSquash(value, actionSpace.low[j], actionSpace.high[j])))
      : actions;

  return {
    environmentSteps: 0,
    get steps() {
      return update.updates;
    },
    totalSteps: config.steps,
    get done() {
      return update.updates >= config.steps;
    },
    policy: trained,
    async advance() {
      let metrics: Metrics = {};
      const end = Math.min(config.steps, update.updates + UNIT);
      while (update.updates < end) {
        const [batch] = update.batches;
        minibatches.fillIntegers(indices, observations.length);
        indices.forEach((index, i) => {
          batch.observation.set(observations[index], i * observationSize);
          batch.target.set(targets[index], i * actionSize);
        });
        metrics = { policyLoss: (await update.run()).policyLoss[0] };
      }
      return { environmentSteps: 0, ...metrics };
    },
    snapshot: () =>
      combine({ update: update.snapshot(), random: { arrays: {}, values: { minibatches: minibatches.state() } } }),
    restore(snapshot) {
      update.restore(select(snapshot, "update"));
      minibatches.restore(select(snapshot, "random").values.minibatches as number[]);
    },
    close() {
      void update.dispose();
    },
  };
}

export const bc: AgentDefinition<typeof bcSchema> = {
  name: "bc",
  description: "Behaviour cloning: imitates the expert's actions by supervised learning; the baseline of all imitation",
  takes: { demonstrations: "required" },
  config: bcSchema,
  presets: () => ({ smoke: { steps: 500, hidden: [32, 32] }, quick: { steps: 5_000 }, paper: {} }),
  create,
};
