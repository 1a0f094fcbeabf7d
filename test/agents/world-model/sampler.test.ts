import { describe, expect, it } from "vitest";
import { networkPolicy } from "../../../agents/network-policy.ts";
import type { TrajectoryRows } from "../../../agents/reward-learner.ts";
import type { AfterTermination } from "../../../agents/trajectory-rows.ts";
import { modelSampler } from "../../../agents/world-model/sampler.ts";
import { startStates } from "../../../agents/world-model/world.ts";
import type { WorldModel } from "../../../agents/world-model/model.ts";
import { gaussianPolicy } from "../../../src/nn/gaussian-policy.ts";
import { createRandom } from "../../../src/random/index.ts";
import { expectClose } from "../../nn/graphs.ts";
import { handMade, regulatorChanges } from "./hand-made.ts";

interface Options {
  readonly model: WorldModel;
  readonly starts: readonly (readonly number[])[];
  readonly horizon?: number;
  readonly gamma?: number;
  readonly afterTermination?: AfterTermination;
  readonly trajectories?: number;
  readonly noise?: boolean;
  readonly knownUpTo?: number;
  readonly seed?: number;
}

function start({ model, starts, horizon = 10, gamma = 1, afterTermination = "stop", trajectories = 30, noise = true, knownUpTo, seed = 1 }: Options) {
  const { environment, observationSize, actionSize } = model.architecture;
  const architecture = {
    environment,
    observationSize,
    actionSize,
    hidden: [4],
    activation: "relu",
    actionLow: new Array<number>(actionSize).fill(-1),
    actionHigh: new Array<number>(actionSize).fill(1),
  } as const;
  const parameters = gaussianPolicy(architecture).network.initialize(createRandom(7));
  return modelSampler({
    model,
    policy: networkPolicy(architecture, () => parameters),
    trajectories,
    starts: startStates([{ observations: Float32Array.from(starts.flat()), share: 1 }], observationSize),
    weighting: { gamma, horizon, afterTermination },
    noise,
    knownUpTo,
    random: createRandom(seed),
  });
}

/** Rows [from, to) of each trajectory; the first component of a start is known, and of no other state. */
function trajectoriesOf({ observations, weights }: TrajectoryRows, width: number, starts: readonly number[]): [number, number][] {
  const firsts = [...weights.keys()].filter((row) => starts.some((x) => Math.abs(observations[row * width] - x) < 1e-6));
  return firsts.map((first, i) => [first, firsts[i + 1] ?? weights.length]);
}

describe("trajectories in a model", () => {
  it("follow its means without noise, and scatter about them with it", async () => {
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: [{ offset: [0.5, 0], logVariance: -2 }] });
    const second = async (noise: boolean): Promise<number[]> => {
      const { observations } = await (await start({ model, starts: [[0, 0]], horizon: 2, noise })).sample();
      return Array.from({ length: 30 }, (_, i) => observations[4 * i + 2]);
    };
    for (const x of await second(false)) expect(x).toBeCloseTo(0.5, 6);
    expect(new Set(await second(true)).size).toBe(30);
  });

  it("go on for the whole horizon, each step moved by the action before it", async () => {
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: [regulatorChanges] });
    const sampler = await start({ model, starts: [[1, 0], [0, 0.5]], gamma: 0.9 });
    const { observations, actions, weights, absorbingWeight } = await sampler.sample();
    expect(weights).toHaveLength(300);
    expect(new Set(actions).size).toBeGreaterThan(250);
    for (let i = 0; i < 30; i++) {
      let [p, v] = observations.subarray(20 * i);
      expect([`${p},${v}`]).toEqual([p === 1 ? "1,0" : "0,0.5"]);
      for (let t = 0; t < 10; t++) {
        const row = 10 * i + t;
        expectClose(observations.subarray(2 * row, 2 * row + 2), [p, v], { absolute: 1e-5 });
        expect(Math.abs(actions[row])).toBeLessThanOrEqual(1);
        expect(weights[row]).toBeCloseTo(0.9 ** t / 30, 7);
        v += 0.5 * actions[row];
        p += 0.1 * v;
      }
    }
    expect(absorbingWeight).toBe(0);
    // both starts, about as often
    const first = Array.from({ length: 30 }, (_, i) => observations[20 * i]).filter((p) => p === 1).length;
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(25);
    expect([sampler.steps, sampler.stepsPerSample]).toEqual([0, 0]);
    sampler.close();
  });

  it("end with the step in which members disagree more than the limit", async () => {
    // both move by 0.1, the second by the position more: they differ by 0, 0.1, 0.2, 0.3 and 0.4
    const members = [{ offset: [0.1, 0] }, { offset: [0.1, 0], matrix: [[1, 0]] }];
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members, elites: [0] });
    const sampler = await start({ model, starts: [[0, 0]], horizon: 10, trajectories: 3, knownUpTo: 0.35, afterTermination: "absorbing" });
    const { weights, absorbingWeight } = await sampler.sample();
    expect(weights).toHaveLength(3 * 5);
    expect(absorbingWeight).toBeCloseTo(5, 5);
    sampler.close();
  });

  // from these heights the torso is at 0.7 m or less after 6, 4 and 2 steps
  const lengths = new Map([
    [1.25, 6],
    [1.07, 4],
    [0.89, 2],
  ]);
  const heights = [...lengths.keys()];
  const sinking = (offset = -0.1): WorldModel =>
    handMade({
      environment: "Hopper-v5",
      observationSize: 11,
      actionSize: 3,
      members: [{ offset: [offset, ...new Array<number>(10).fill(0)] }],
    });
  const standing = heights.map((z) => [z, ...new Array<number>(10).fill(0)]);

  it("end with the step that terminates, and hold no state after it", async () => {
    const sampler = await start({ model: sinking(), starts: standing });
    const rows = await sampler.sample();
    const parts = trajectoriesOf(rows, 11, heights);
    expect(parts).toHaveLength(30);
    for (const [from, to] of parts) {
      const height = heights.find((z) => Math.abs(z - rows.observations[11 * from]) < 1e-6)!;
      expect(to - from).toBe(lengths.get(height));
      for (let t = 0; from + t < to; t++) {
        expect(rows.observations[11 * (from + t)]).toBeCloseTo(height - 0.1 * t, 5);
        expect(rows.weights[from + t]).toBeCloseTo(1 / 30, 7);
      }
    }
    expect(new Set(parts.map(([from, to]) => to - from)).size).toBe(3);
    expect(rows.observations.length).toBe(11 * rows.weights.length);
    expect(rows.actions.length).toBe(3 * rows.weights.length);
    for (let row = 0; row < rows.weights.length; row++) expect(rows.observations[11 * row]).toBeGreaterThan(0.7);
    sampler.close();
  });

  it("leave the rest of the horizon to the absorbing state", async () => {
    const sampler = await start({ model: sinking(), starts: standing, afterTermination: "absorbing" });
    const { weights, absorbingWeight } = await sampler.sample();
    const sum = weights.reduce((a, b) => a + b);
    expect(absorbingWeight).toBeGreaterThan(3);
    // ten steps per trajectory
    expect(sum + absorbingWeight).toBeCloseTo(10, 4);
    sampler.close();
  });

  it("are compared per step where the reward's level is fixed", async () => {
    const sampler = await start({ model: sinking(), starts: standing, afterTermination: "level" });
    const { weights, absorbingWeight } = await sampler.sample();
    for (const weight of weights) expect(weight).toBeCloseTo(10 / weights.length, 5);
    expect(absorbingWeight).toBe(0);
    sampler.close();
  });

  it("that leave the data are cut, and are no falls", async () => {
    // upwards, past 10 deviations from 0, in 3 steps or more
    const sampler = await start({ model: sinking(3), starts: standing, afterTermination: "absorbing" });
    const rows = await sampler.sample();
    for (const [from, to] of trajectoriesOf(rows, 11, heights)) {
      const height = rows.observations[11 * from];
      // the first state beyond is what the last step leads to
      expect(to - from).toBe(Math.floor((10 - height) / 3) + 1);
    }
    expect(rows.absorbingWeight).toBe(0);
    sampler.close();
  });

  it("are others each time, and the same again from a snapshot", async () => {
    const model = handMade({ environment: "Regulator-v0", observationSize: 2, actionSize: 1, members: [regulatorChanges, { logVariance: -1 }] });
    const options = { model, starts: [[1, 0]], trajectories: 5 };
    const sampler = await start(options);
    const first = await sampler.sample();
    const saved = JSON.parse(JSON.stringify(sampler.snapshot().values)) as Record<string, number[]>;
    const second = await sampler.sample();
    expect(second).not.toEqual(first);
    const resumed = await start({ ...options, seed: 2 });
    resumed.restore({ arrays: {}, values: saved });
    expect(await resumed.sample()).toEqual(second);
    sampler.close();
    resumed.close();
  });
});
