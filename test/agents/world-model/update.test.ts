import { describe, expect, it } from "vitest";
import { ensemble, type WorldModelArchitecture } from "../../../agents/world-model/ensemble.ts";
import { compileEnsembleUpdate, layerDecays } from "../../../agents/world-model/update.ts";
import { views, type Layout, type VectorValues } from "../../../src/nn/vector.ts";
import { createRandom } from "../../../src/random/index.ts";
import { expectClose, uniformValues } from "../../nn/graphs.ts";
import { flat, plainAdam, plainGradient, type PlainEnsemble } from "./plain-ensemble.ts";

const architecture: WorldModelArchitecture = {
  environment: "Regulator-v0",
  observationSize: 2,
  actionSize: 1,
  members: 3,
  hidden: [5, 4],
  rewards: true,
};
const BATCH = 6;
const WIDTH = 3;
const config = { batchSize: BATCH, learningRate: 1e-2, finalLearningRateFraction: 0.2, steps: 20 };

const rowsOf = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => Array.from({ length: width }, (_, j) => values[i * width + j]));

/** The numbers of an ensemble as plain arrays. */
function plain(layouts: { theta: Layout; bounds: Layout }, theta: VectorValues, bounds: VectorValues): PlainEnsemble {
  const arrays = views(layouts.theta, theta);
  const { largest, smallest } = views(layouts.bounds, bounds);
  return {
    members: Array.from({ length: architecture.members }, (_, member) =>
      [0, 1, 2].map((layer) => {
        const { shape, values } = arrays[`member${member}/${layer}/weight`];
        return { weight: rowsOf(values, shape[1]), bias: [...arrays[`member${member}/${layer}/bias`].values] };
      }),
    ),
    largest: [...largest.values],
    smallest: [...smallest.values],
  };
}

const { network, bounds, initialize } = ensemble(architecture);
const layouts = { theta: network.layout, bounds };

async function start(weightDecay: number[], updatesPerRun = 1, beta = 0) {
  const program = await compileEnsembleUpdate({ architecture, config: { ...config, weightDecay, beta }, updatesPerRun });
  const first = initialize(createRandom(1));
  // bounds that the variances feel
  first.bounds[0].set([0.5, 0.3, 0.2, -1, -1.5, -2]);
  program.setState("theta", first.theta);
  program.setState("bounds", first.bounds);
  const random = createRandom(2);
  const fill = (batch: (typeof program.batches)[number]): void => {
    batch.input.set(uniformValues(random, batch.input.length, -2, 2));
    batch.target.set(uniformValues(random, batch.target.length, -1, 1));
  };
  return { program, fill };
}

const current = ({ program }: Awaited<ReturnType<typeof start>>): PlainEnsemble =>
  plain(layouts, program.state("theta"), program.state("bounds"));

describe("the update of an ensemble", () => {
  it.each([0, 0.5, 1])("follows one that is written out in plain numbers over 30 updates, with another λ in each layer and β = %d", async (beta) => {
    const decays = [0.05, 0, 0.2];
    const ours = await start(decays, 1, beta);
    const theirs = current(ours);
    // the step size falls to a fifth within 20 updates, and stays there
    const step = plainAdam(theirs, (update) => 1e-2 * (1 - 0.8 * Math.min(1, update / 20)));
    const before = flat(theirs);
    for (let update = 0; update < 30; update++) {
      const [batch] = ours.program.batches;
      ours.fill(batch);
      const memberRows = (values: Float32Array): number[][][] => {
        const rows = rowsOf(values, WIDTH);
        return [0, 1, 2].map((member) => rows.slice(member * BATCH, (member + 1) * BATCH));
      };
      const { loss, gradient } = plainGradient(theirs, memberRows(batch.input), memberRows(batch.target), decays, beta);
      step(gradient);
      expect((await ours.program.run()).loss[0]).toBeCloseTo(loss, 4);
      expectClose(flat(current(ours)), flat(theirs), { relative: 0, absolute: 1e-4 }, `after update ${update + 1}`);
    }
    const moved = flat(theirs).map((value, i) => Math.abs(value - before[i]));
    expect(moved.filter((distance) => distance > 0.01).length / moved.length).toBeGreaterThan(0.9);
    await ours.program.dispose();
  });

  it("adds λ·W to the gradient of each layer's weights, and nothing to that of biases and bounds", async () => {
    const decays = [0.5, 0, 2];
    // after one update from zero the first moment is the gradient
    const gradients = await Promise.all(
      [[0, 0, 0], decays].map(async (weightDecay) => {
        const ours = await start(weightDecay);
        const before = current(ours);
        ours.fill(ours.program.batches[0]);
        await ours.program.run();
        const gradient = plain(layouts, ours.program.state("theta.m"), ours.program.state("bounds.m"));
        await ours.program.dispose();
        return { before, gradient };
      }),
    );
    const [{ before, gradient: without }, { gradient: decayed }] = gradients;
    before.members.forEach((layers, member) =>
      layers.forEach(({ weight, bias }, layer) => {
        const [a, b] = [without, decayed].map(({ members }) => members[member][layer]);
        const difference = b.weight.flat().map((value, i) => value - a.weight.flat()[i]);
        expectClose(difference, weight.flat().map((w) => decays[layer] * w), { relative: 1e-5, absolute: 1e-6 }, `layer ${layer}`);
        expectClose(b.bias, a.bias, { relative: 0, absolute: 1e-7 }, `biases of layer ${layer} of ${bias.length}`);
      }),
    );
    expectClose(decayed.largest, without.largest, { relative: 0, absolute: 1e-7 });
    expectClose(decayed.smallest, without.smallest, { relative: 0, absolute: 1e-7 });
  });

  it("keeps members apart: one's rows move no other's weights", async () => {
    const [ours, theirs] = await Promise.all([start([0]), start([0])]);
    for (const { program, fill } of [ours, theirs]) fill(program.batches[0]);
    // other targets for the second member
    const { target } = theirs.program.batches[0];
    target.subarray(BATCH * WIDTH, 2 * BATCH * WIDTH).fill(0.7);
    await Promise.all([ours.program.run(), theirs.program.run()]);
    const [a, b] = [current(ours), current(theirs)];
    expect(b.members[0]).toEqual(a.members[0]);
    expect(b.members[1]).not.toEqual(a.members[1]);
    expect(b.members[2]).toEqual(a.members[2]);
    await Promise.all([ours.program.dispose(), theirs.program.dispose()]);
  });

  it("leaves the same state however many updates one run makes", async () => {
    const states = [];
    for (const updatesPerRun of [1, 5]) {
      const ours = await start([0.01], updatesPerRun);
      for (let update = 0; update < 10; update += updatesPerRun) {
        for (const batch of ours.program.batches) ours.fill(batch);
        await ours.program.run();
      }
      states.push(flat(current(ours)));
      await ours.program.dispose();
    }
    expect(states[1]).toEqual(states[0]);
  });
});

describe("λ of the layers", () => {
  it("is one for all, or as listed", () => {
    expect(layerDecays({ weightDecay: [0.1], hidden: [3, 3] })).toEqual([0.1, 0.1, 0.1]);
    expect(layerDecays({ weightDecay: [1, 2, 3], hidden: [3, 3] })).toEqual([1, 2, 3]);
  });
});
