import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { Executor } from "../../src/nn/executor.ts";
import * as op from "../../src/nn/operations.ts";
import { compile } from "../../src/nn/program.ts";
import { view, zeros, type VectorValues } from "../../src/nn/vector.ts";
import type { Random } from "../../src/random/index.ts";
import { combine, select, type Checkpointable } from "../../src/runs/snapshot.ts";
import { UserError } from "../../src/errors.ts";
import type { Metrics } from "../trainer.ts";
import { layerDecays, compileEnsembleUpdate } from "./update.ts";
import type { WorldModelConfig } from "./config.ts";
import { modelData, type ModelDataOptions } from "./data.ts";
import { ensemble, type WorldModelArchitecture } from "./ensemble.ts";
import { worldModel, type WorldModel } from "./model.ts";

export interface FitOptions {
  readonly environment: string;
  readonly set: TransitionSet;
  readonly config: WorldModelConfig;
  /** Whether the model predicts the set's rewards too. */
  readonly rewards: boolean;
  readonly emphasis?: ModelDataOptions["emphasis"];
  readonly random: Random;
  readonly executor?: Executor;
}

/** A world model in training. */
export interface ModelFit extends Checkpointable {
  /** Updates made. */
  readonly updates: number;
  /** Training has stopped: after all updates, or early. */
  readonly done: boolean;
  /** Some updates and, when one is due, a measurement. */
  advance(): Promise<Metrics>;
  /** The members at their best so far. */
  readonly model: WorldModel;
  close(): Promise<void>;
}

/** Updates of one call of `advance`, at most. */
const UNIT = 200;

/** Rows that one run of the measuring graph takes. */
const MEASURED_ROWS = 1_000;

/** Squared error and twice the negative log-likelihood of every member on held-out rows. */
async function measurement(architecture: WorldModelArchitecture, targets: number, executor: Executor | undefined) {
  const { network, bounds, predict } = ensemble(architecture);
  const { observationSize, actionSize, members } = architecture;
  return compile(
    {
      name: "world model measurement",
      state: {},
      context: { theta: network.layout, bounds },
      batch: {
        input: [MEASURED_ROWS, observationSize + actionSize],
        target: [MEASURED_ROWS, targets],
        // 1/D for rows that count, 0 for those that only fill up
        weight: [MEASURED_ROWS, 1],
      },
      update({ context, batch: { input, target, weight } }) {
        const gaussians = predict(context.theta, context.bounds, input);
        const errors = gaussians.map(({ mean }) => op.square(op.sub(mean, target)));
        const total = (x: typeof input): typeof input => op.reshape(op.sum(op.mul(x, weight)), [1]);
        return {
          state: {},
          outputs: {
            squaredErrors: op.concat(errors.map(total), 0),
            likelihoods: op.concat(
              gaussians.map(({ logVariance }, i) => total(op.add(op.mul(errors[i], op.exp(op.neg(logVariance))), logVariance))),
              0,
            ),
          },
        };
      },
    },
    executor,
  ).then((program) => {
    const sum = (a: Float64Array, b: Float32Array): void => b.forEach((value, i) => (a[i] += value));
    return {
      /** Means over rows, per member. */
      async run(parameters: { theta: VectorValues; bounds: VectorValues }, inputs: Float32Array, targetRows: Float32Array, rows: Uint32Array) {
        const squaredErrors = new Float64Array(members);
        const likelihoods = new Float64Array(members);
        const [batch] = program.batches;
        const inputSize = observationSize + actionSize;
        for (let start = 0; start < rows.length; start += MEASURED_ROWS) {
          const count = Math.min(MEASURED_ROWS, rows.length - start);
          batch.weight.fill(0);
          batch.weight.fill(1 / (targets * rows.length), 0, count);
          for (let i = 0; i < count; i++) {
            const row = rows[start + i];
            batch.input.set(inputs.subarray(row * inputSize, (row + 1) * inputSize), i * inputSize);
            batch.target.set(targetRows.subarray(row * targets, (row + 1) * targets), i * targets);
          }
          const outputs = await program.run(parameters);
          sum(squaredErrors, outputs.squaredErrors);
          sum(likelihoods, outputs.likelihoods);
        }
        return { squaredErrors, likelihoods };
      },
      dispose: () => program.dispose(),
    };
  });
}

/**
 * Trains a world model by maximum likelihood (thesis, section 3.3; Chua et al. 2018): every member on minibatches of its
 * own, measured on held-out episodes, kept at its best, and stopped when no member improves.
 * @throws UserError when the configuration does not fit together
 */
export async function fitWorldModel({ environment, set, config, rewards, emphasis, random, executor }: FitOptions): Promise<ModelFit> {
  const { members, batchSize, measureEvery, steps, patience, improvement } = config;
  const layers = layerDecays(config).length;
  if (layers !== config.hidden.length + 1) {
    throw new UserError(`weightDecay has ${layers} numbers, ${config.hidden.length} hidden layers and the output layer need ${config.hidden.length + 1}`);
  }
  if (config.elites > members) throw new UserError(`elites=${config.elites}: there are ${members} members`);
  const { observationSize, actionSize } = set;
  const architecture: WorldModelArchitecture = { environment, observationSize, actionSize, members, hidden: config.hidden, rewards };
  /** The data, and each member's own sample of the rows, drawn with replacement; or all rows for all. */
  const prepare = () => {
    const data = modelData(set, { ...config, rewards, emphasis }, random.split("holdout"));
    const { training } = data;
    const drawing = random.split("bootstrap");
    const drawn = new Int32Array(training.length);
    const samples = Array.from({ length: members }, () => {
      if (!config.bootstrap) return training;
      drawing.fillIntegers(drawn, training.length);
      return Uint32Array.from(drawn, (index) => training[index]);
    });
    return { ...data, samples };
  };
  let data = prepare();
  const { inputSize, targetSize } = data;

  const update = await compileEnsembleUpdate({ architecture, config, executor });
  const measure = await measurement(architecture, targetSize, executor);
  const networks = ensemble(architecture);
  const { layout } = networks.network;
  const first = networks.initialize(random.split("weights"));
  update.setState("theta", first.theta);
  update.setState("bounds", first.bounds);

  const minibatches = random.split("minibatches");
  const emphasizedRows = Math.round(data.emphasized.share * batchSize);
  const [ofSample, ofEmphasis] = [new Int32Array(batchSize - emphasizedRows), new Int32Array(emphasizedRows)];

  // what training keeps: every member's best weights, with the bounds of that moment
  const best = zeros(layout);
  const bestBounds = zeros(networks.bounds);
  const bestErrors = new Float64Array(members).fill(Infinity);
  /** The error that counts as each member's best when improvements are looked for. */
  const reference = new Float64Array(members).fill(Infinity);
  let waited = 0;
  let stopped = false;

  const keep = (member: number): void => {
    for (const { entries } of layout.chunks) {
      for (const { name } of entries) {
        if (members > 1 && !name.startsWith(`member${member}/`)) continue;
        view(layout, best, name).values.set(view(layout, update.state("theta"), name).values);
      }
    }
  };

  const fill = (): void => {
    for (const batch of update.batches) {
      const { inputs, targets, samples, emphasized } = data;
      let at = 0;
      const put = (row: number): void => {
        batch.input.set(inputs.subarray(row * inputSize, (row + 1) * inputSize), at * inputSize);
        batch.target.set(targets.subarray(row * targetSize, (row + 1) * targetSize), at * targetSize);
        at++;
      };
      for (const rows of samples) {
        minibatches.fillIntegers(ofSample, rows.length);
        for (const index of ofSample) put(rows[index]);
        if (ofEmphasis.length === 0) continue;
        minibatches.fillIntegers(ofEmphasis, emphasized.rows.length);
        for (const index of ofEmphasis) put(emphasized.rows[index]);
      }
    }
  };

  const elites = (): number[] =>
    [...bestErrors.keys()].sort((a, b) => bestErrors[a] - bestErrors[b] || a - b).slice(0, config.elites).sort((a, b) => a - b);

  return {
    get updates() {
      return update.updates;
    },
    get done() {
      return stopped || update.updates >= steps;
    },
    async advance() {
      const due = Math.min(steps, (Math.floor(update.updates / measureEvery) + 1) * measureEvery);
      const end = Math.min(due, update.updates + UNIT);
      let loss = 0;
      while (update.updates < end) {
        fill();
        loss = (await update.run()).loss[0];
      }
      if (end < due) return { modelUpdates: update.updates, modelLoss: loss };
      const parameters = { theta: update.state("theta"), bounds: update.state("bounds") };
      const { squaredErrors, likelihoods } = await measure.run(parameters, data.inputs, data.targets, data.holdout);
      let improved = false;
      squaredErrors.forEach((error, member) => {
        if (error < bestErrors[member]) {
          bestErrors[member] = error;
          keep(member);
          bestBounds.forEach((chunk, i) => chunk.set(update.state("bounds")[i]));
        }
        if (error < (1 - improvement) * reference[member]) {
          reference[member] = error;
          improved = true;
        }
      });
      waited = improved ? 0 : waited + 1;
      stopped = waited >= patience;
      const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
      return {
        modelUpdates: update.updates,
        modelLoss: loss,
        holdoutLoss: mean(likelihoods),
        holdoutError: mean(squaredErrors),
        bestHoldoutError: mean(bestErrors),
        ...Object.fromEntries(Array.from(likelihoods, (value, member) => [`holdoutLoss${member}`, value])),
      };
    },
    get model() {
      return worldModel({
        architecture,
        standardization: data.standardization,
        elites: elites(),
        holdoutErrors: [...bestErrors],
        holdout: data.heldOut,
        theta: best,
        bounds: bestBounds,
      });
    },
    snapshot: () =>
      combine({
        update: update.snapshot(),
        fit: {
          arrays: {
            bestErrors,
            reference,
            ...Object.fromEntries(best.map((chunk, i) => [`best#${i}`, chunk])),
            ...Object.fromEntries(bestBounds.map((chunk, i) => [`bestBounds#${i}`, chunk])),
          },
          values: { waited, stopped, random: random.state(), minibatches: minibatches.state() },
        },
      }),
    restore(snapshot) {
      update.restore(select(snapshot, "update"));
      const { arrays, values } = select(snapshot, "fit");
      bestErrors.set(arrays.bestErrors);
      reference.set(arrays.reference);
      best.forEach((chunk, i) => chunk.set(arrays[`best#${i}`]));
      bestBounds.forEach((chunk, i) => chunk.set(arrays[`bestBounds#${i}`]));
      waited = Number(values.waited);
      stopped = values.stopped === true;
      minibatches.restore(values.minibatches as number[]);
      random.restore(values.random as number[]);
      data = prepare();
    },
    async close() {
      // a policy may be trained for hours in the model: what is as large as the dataset must not stay
      data = { ...data, inputs: new Float32Array(0), targets: new Float32Array(0), samples: [], emphasized: { rows: new Uint32Array(0), share: 0 } };
      await Promise.all([update.dispose(), measure.dispose()]);
    },
  };
}

