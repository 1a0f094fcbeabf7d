import { describe, expect, it } from "vitest";
import { OBSERVATION_RANGE, modelWorld, startStates, type ModelWorldOptions, type StartStates } from "../../../agents/world-model/world.ts";
import { createRandom } from "../../../src/random/index.ts";
import type { Snapshot } from "../../../src/runs/snapshot.ts";
import { expectClose, uniformValues } from "../../nn/graphs.ts";
import { handMade, regulatorMember, type HandMadeOptions } from "./hand-made.ts";

const regulator = { environment: "Regulator-v0", observationSize: 2, actionSize: 1, rewards: true };
const hopper = { environment: "Hopper-v5", observationSize: 11, actionSize: 3 };

const model = (members: HandMadeOptions["members"], changes: Partial<HandMadeOptions> = {}) => handMade({ ...regulator, members, ...changes });

const tableOf = (rows: readonly (readonly number[])[]) => Float32Array.from(rows.flat());

const startsIn = (...rows: (readonly number[])[]): StartStates => startStates([{ observations: tableOf(rows), share: 1 }], rows[0].length);

function start(options: Partial<ModelWorldOptions> & Pick<ModelWorldOptions, "model">, seed = 1) {
  return modelWorld({ size: 4, horizon: 5, starts: startsIn([1, 0]), rewards: true, random: createRandom(seed), ...options });
}

describe("start states", () => {
  it("are rows of the tables, each table with its share, and each row as often", () => {
    const starts = startStates(
      [
        { observations: tableOf([[1, 10], [2, 20]]), share: 1 },
        { observations: tableOf([[3, 30], [4, 40], [5, 50]]), share: 3 },
        { observations: tableOf([[6, 60]]), share: 0 },
      ],
      2,
    );
    const random = createRandom(2);
    const observation = new Float32Array(2);
    const counts = new Map<number, number>();
    for (let i = 0; i < 24_000; i++) {
      starts.draw(random, observation);
      expect(observation[1]).toBe(10 * observation[0]);
      counts.set(observation[0], (counts.get(observation[0]) ?? 0) + 1);
    }
    // ¼·½ of all are 3000 ± 51, ¾·⅓ are 6000 ± 67
    for (const [value, expected] of [[1, 3000], [2, 3000], [3, 6000], [4, 6000], [5, 6000]] as const)
      expect(Math.abs(counts.get(value)! - expected), `${value}`).toBeLessThan(5 * Math.sqrt(expected));
    expect(counts.has(6)).toBe(false);
  });
});

describe("rollouts in a model", () => {
  it("move as its members say, and are rewarded as they say", async () => {
    const world = await start({ model: model([regulatorMember]), size: 10, horizon: 3, starts: startsIn([1, 0], [0, -1], [-0.5, 0.25]) });
    const random = createRandom(3);
    for (let t = 0; t < 12; t++) {
      const before = world.observations.slice();
      const actions = uniformValues(random, 10, -1, 1);
      const { nextObservations, rewards } = await world.step(actions);
      for (let i = 0; i < 10; i++) {
        const [p, v] = before.subarray(2 * i);
        const velocity = v + 0.5 * actions[i];
        expectClose(nextObservations.subarray(2 * i, 2 * i + 2), [p + 0.1 * velocity, velocity]);
        expectClose([rewards[i]], [2 * p - actions[i]]);
      }
    }
    world.close();
  });

  it("follow its means where no noise is asked for", async () => {
    const world = await start({ model: model([{ offset: [10, 0, 1], logVariance: 2 }]), noise: false, horizon: 1 });
    const { nextObservations, rewards } = await world.step(new Float32Array(4));
    expectClose(nextObservations, [11, 0, 11, 0, 11, 0, 11, 0]);
    expectClose(rewards, [1, 1, 1, 1]);
    world.close();
  });

  it("have the noise that it predicts, and another elite at every step", async () => {
    const members = [
      { offset: [10, 0, 0], logVariance: [2 * Math.log(0.5), 2 * Math.log(2), 0] },
      { offset: [20, 0, 0], logVariance: [2 * Math.log(0.5), 2 * Math.log(2), 0] },
      { offset: [90, 0, 0] },
    ];
    const world = await start({ model: model(members, { elites: [0, 1] }), size: 4000, horizon: 1 });
    const { nextObservations } = await world.step(new Float32Array(4000));
    const moved = Array.from({ length: 4000 }, (_, i) => nextObservations[2 * i] - 1);
    const second = moved.filter((x) => x > 15);
    expect(Math.abs(second.length / 4000 - 0.5)).toBeLessThan(0.04);
    expect(Math.max(...moved)).toBeLessThan(25);
    const deviation = (values: number[]): number => {
      const mean = values.reduce((a, b) => a + b) / values.length;
      return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    };
    expect(deviation(second) / 0.5).toBeCloseTo(1, 1);
    expect(deviation(Array.from({ length: 4000 }, (_, i) => nextObservations[2 * i + 1])) / 2).toBeCloseTo(1, 1);
    world.close();
  });

  it("are cut after the horizon, not all at once, and begin anew in a start state", async () => {
    const world = await start({ model: model([{}]), size: 10, horizon: 5, starts: startsIn([1, 0.5]) });
    const ended: number[][] = [];
    for (let t = 0; t < 15; t++) {
      const { terminated, truncated, nextObservations } = await world.step(new Float32Array(10));
      expect(Math.max(...terminated)).toBe(0);
      ended.push([...truncated.keys()].filter((i) => truncated[i] === 1));
      expect([...nextObservations]).toEqual(new Array(10).fill([1, 0.5]).flat());
    }
    for (const members of ended) expect(members).toHaveLength(2);
    for (let i = 0; i < 10; i++) {
      const times = [...ended.keys()].filter((t) => ended[t].includes(i));
      expect(times[1] - times[0]).toBe(5);
      expect(times[2] - times[1]).toBe(5);
    }
    world.close();
  });

  it("of one step begin in given states each time", async () => {
    const world = await start({ model: model([{ offset: [0.5, 0, 0] }]), size: 3, horizon: 1, starts: startsIn([1, 2]) });
    for (let t = 0; t < 3; t++) {
      const { truncated, nextObservations } = await world.step(new Float32Array(3));
      expect([...truncated]).toEqual([1, 1, 1]);
      expect([...nextObservations]).toEqual([1.5, 2, 1.5, 2, 1.5, 2]);
      expect([...world.observations]).toEqual([1, 2, 1, 2, 1, 2]);
    }
    world.close();
  });

  it("terminate where the robot's task does: a hopper whose torso sinks", async () => {
    const sinking = handMade({ ...hopper, members: [{ offset: [-0.1, ...new Array<number>(10).fill(0)] }] });
    const upright = [1.25, ...new Array<number>(10).fill(0)];
    // 0.75 m after 5 steps, 0.65 after 6, and 0.7 is too low; also where the horizon falls on the same step
    for (const horizon of [20, 6]) {
      const world = await start({ model: sinking, size: 1, horizon, starts: startsIn(upright) });
      for (let episode = 0; episode < 2; episode++) {
        for (let t = 1; t <= 6; t++) {
          const { nextObservations, terminated, truncated } = await world.step(new Float32Array(3));
          expect(nextObservations[0]).toBeCloseTo(1.25 - 0.1 * t, 5);
          expect([terminated[0], truncated[0]], `step ${t}`).toEqual([t === 6 ? 1 : 0, 0]);
        }
        expectClose(world.observations, upright);
      }
      world.close();
    }
  });

  it("are cut, and do not terminate, where they leave the data by 10 deviations of any component", async () => {
    const standardization = { inputMean: Float32Array.of(1, 0, 0), inputScale: Float32Array.of(2, 0.5, 1) };
    for (const [offset, steps] of [
      // from 0: 24 > 1 + 10·2
      [[4, 0, 0], 6],
      // −20 < 1 − 10·2
      [[-4, 0, 0], 5],
      // 6 > 10·0.5
      [[0, 2, 0], 3],
    ] as const) {
      const world = await start({ model: model([{ offset }], { standardization }), size: 1, horizon: 50, starts: startsIn([0, 0]) });
      for (let t = 1; t <= steps; t++) {
        const { terminated, truncated } = await world.step(new Float32Array(1));
        expect([terminated[0], truncated[0]], `${offset.join()} at step ${t}`).toEqual([0, t === steps ? 1 : 0]);
      }
      expect([...world.observations]).toEqual([0, 0]);
      world.close();
    }
    expect(OBSERVATION_RANGE).toBe(10);
  });

  it("terminate where members disagree more than the limit, and not where as much", async () => {
    // the second member adds the position to itself: they differ by |p|, and the first alone moves
    const members = [{}, { matrix: [[1, 0, 0]] }];
    const world = await start({ model: model(members, { elites: [0] }), size: 40, horizon: 50, starts: startsIn([0.5, 0], [-1, 0], [1.25, 0]), knownUpTo: 1 });
    let beyond = 0;
    for (let t = 0; t < 5; t++) {
      const before = world.observations.slice();
      const { terminated, truncated } = await world.step(new Float32Array(40));
      for (let i = 0; i < 40; i++) {
        expect(terminated[i]).toBe(before[2 * i] === 1.25 ? 1 : 0);
        if (terminated[i] === 1) expect(truncated[i]).toBe(0);
        beyond += terminated[i];
      }
    }
    expect(beyond).toBeGreaterThan(0);
    expect(world.metrics().unknownShare).toBeCloseTo(beyond / 200, 9);
    expect(world.metrics().unknownShare).toBe(0);
    world.close();
  });
});

describe("the rewards of a world model", () => {
  // U is ‖(0.3, 0.4)‖ = ½ in every state
  const uncertain = [0, 1].map(() => ({ ...regulatorMember, logVariance: [2 * Math.log(0.3), 2 * Math.log(0.4), -70] }));
  const penalty = { kind: "max-aleatoric", coefficient: 3 } as const;

  it.each([
    ["r̂ − λU", { rewards: true, penalty }, 1, 1.5],
    ["−λU where the model's rewards do not count", { rewards: false, penalty }, 0, 1.5],
    ["r̂ without a penalty", { rewards: true }, 1, 0],
    ["nothing at all", { rewards: false }, 0, 0],
  ])("are %s", async (_, options, share, cost) => {
    const world = await start({ model: model(uncertain), ...options });
    for (let t = 0; t < 6; t++) {
      const positions = [0, 1, 2, 3].map((i) => world.observations[2 * i]);
      const { rewards } = await world.step(Float32Array.of(-0.5, 0, 0.5, 1));
      expectClose(rewards, [-0.5, 0, 0.5, 1].map((action, i) => share * (2 * positions[i] - action) - cost));
    }
    expect(world.metrics().penalty).toBeCloseTo("penalty" in options ? 0.5 : 0, 6);
    // of the steps since
    expect(world.metrics()).toEqual({ penalty: 0 });
    world.close();
  });

  it("are only the penalty in a model that knows no rewards", async () => {
    const unrewarded = uncertain.map(({ matrix, logVariance }) => ({ matrix: matrix!.map((row) => row.slice(0, 2)), logVariance: logVariance.slice(0, 2) }));
    const world = await start({ model: model(unrewarded, { rewards: false }), rewards: false, penalty });
    expectClose((await world.step(new Float32Array(4))).rewards, [-1.5, -1.5, -1.5, -1.5]);
    world.close();
  });
});

describe("a world's snapshot", () => {
  it("continues in another world bit for bit", async () => {
    const noisy = [0.1, 0.2, 0.3].map((x) => ({ ...regulatorMember, offset: [x, 0, 0], logVariance: -1 }));
    const options = {
      model: model(noisy),
      size: 7,
      starts: startsIn([1, 0], [0, 1], [0.5, 0.5], [-1, -1]),
      penalty: { kind: "ensemble-standard-deviation", coefficient: 1 } as const,
      knownUpTo: 0.15,
    };
    const [original, resumed] = [await start(options, 1), await start(options, 2)];
    const random = createRandom(4);
    for (let t = 0; t < 8; t++) await original.step(uniformValues(random, 7, -1, 1));
    const { arrays, values } = original.snapshot();
    const saved: Snapshot = {
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      values: JSON.parse(JSON.stringify(values)) as Snapshot["values"],
    };
    resumed.restore(saved);
    expect(resumed.observations).toEqual(original.observations);
    for (let t = 0; t < 15; t++) {
      const actions = uniformValues(random, 7, -1, 1);
      expect(await resumed.step(actions)).toEqual(await original.step(actions));
      expect(resumed.observations).toEqual(original.observations);
    }
    expect(resumed.metrics()).toEqual(original.metrics());
    expect(resumed.snapshot()).toEqual(original.snapshot());
    original.close();
    resumed.close();
  });
});
