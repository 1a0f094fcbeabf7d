import { describe, expect, it } from "vitest";
import {
  describeEnvironment,
  environmentSpec,
  listEnvironments,
  terminationOf,
  type Environment,
} from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { createRandom } from "../../src/random/index.ts";
import { counting, using, withElements, zeros } from "./using.ts";

type Options = Readonly<Record<string, unknown>>;

/** Numbers by their index in a row. */
type Columns = Readonly<Record<number, number>>;

/** What an environment gave, one entry per step. */
interface Steps {
  readonly observations: Float64Array[];
  readonly terminated: boolean[];
}

/** Positions beside which termination changes: one coordinate of qpos at a finite limit, others as they have to be. */
function limitsOf({ id, options }: Environment["spec"]): { index: number; changes: Columns }[] {
  const height = /^(Hopper|Walker2d)/.test(id) ? 1 : 2;
  // So low, a straight leg would be in the floor, and the hopper be thrown over at once.
  const kneeling: Columns = id.startsWith("Hopper") ? { 3: -0.6, 4: -2.3 } : {};
  const beside = (index: number, range: unknown = [], others: Columns = {}) =>
    (range as number[]).filter(Number.isFinite).map((limit) => ({ index, changes: { ...others, [index]: limit } }));
  return [...beside(height, options.healthy_z_range, kneeling), ...beside(2, options.healthy_angle_range)];
}

/**
 * Episodes of 40 steps, through termination and on: every other one from a reset, the others from beside a limit with
 * some speed. In about half of them actions are drawn from the action space, in the others they are far beyond it.
 */
function flail(environment: Environment, count: number): Steps {
  const steps: Steps = { observations: [], terminated: [] };
  const random = createRandom(7);
  const limits = limitsOf(environment.spec);
  const { actionSpace } = environment;
  const near = (x: number, distance: number): number => x + distance * (2 * random.uniform() - 1);
  let beyond = false;
  environment.reset({ seed: 3 });
  for (let step = 0; step < count; step++) {
    if (step % 40 === 0) {
      const episode = step / 40;
      environment.reset();
      beyond = random.uniform() < 0.5;
      if (episode % 2 === 1 && limits.length > 0) {
        const { index, changes } = limits[(episode >> 1) % limits.length];
        const qpos = withElements([...environment.qpos], changes);
        qpos[index] = near(qpos[index], 0.02);
        environment.setState(qpos, environment.qvel.map((v) => near(v, 1)));
      }
    }
    const drawn = actionSpace.sample(random);
    const action = beyond ? drawn.map((a, i) => 10 * (a < 0 ? actionSpace.low : actionSpace.high)[i]) : drawn;
    const { observation, terminated } = environment.step(action);
    steps.observations.push(observation);
    steps.terminated.push(terminated);
  }
  return steps;
}

/** What a rule says of every observation, in float64 one by one, and as rows of one float32 matrix. */
function judge(id: string, options: Options, observations: readonly Float64Array[]): Record<"single" | "rows", boolean[]> {
  const terminated = terminationOf(id, options);
  const matrix = Float32Array.from(observations.flatMap((observation) => [...observation]));
  return {
    single: observations.map((observation) => terminated(observation)),
    rows: observations.map((_, row) => terminated(matrix, row)),
  };
}

/** Steps of which two lists say different things. */
const differences = (a: readonly boolean[], b: readonly boolean[]): number[] =>
  a.flatMap((value, step) => (value === b[step] ? [] : [step]));

const occurrences = (list: readonly boolean[], value: boolean): number => list.filter((x) => x === value).length;

const ids = listEnvironments().map(({ id }) => id);
const endsByTimeOnly = ["HalfCheetah-v5", "HalfCheetah-v4", "CustomAnt-v0", "DisabledAnt-v0", "Regulator-v0"];

/** All options, one of the healthy ranges moved by so much. */
const moved = ({ options }: Environment["spec"], by: number): Options[] =>
  ["healthy_z_range", "healthy_angle_range"]
    .filter((name) => name in options)
    .map((name) => ({ ...options, [name]: (options[name] as number[]).map((limit) => limit + by) }));

function expectAgreement(id: string, options: Options, count: number): Promise<Steps> {
  return using(id, options, (environment) => {
    const steps = flail(environment, count);
    const { single, rows } = judge(id, options, steps.observations);
    expect(differences(single, steps.terminated)).toEqual([]);
    expect(differences(rows, steps.terminated)).toEqual([]);
    return steps;
  });
}

describe.each(ids)("%s", (id) => {
  it("has the environment's own terminations, from observations alone", async () => {
    const { observations, terminated } = await expectAgreement(id, {}, 2000);
    expect(terminated).toHaveLength(2000);
    if (endsByTimeOnly.includes(id)) {
      expect(occurrences(terminated, true)).toBe(0);
      return;
    }
    for (const outcome of [true, false]) expect(occurrences(terminated, outcome)).toBeGreaterThan(200);
    // The steps pass so close by the limits that wrong ones would be seen.
    const others = [-5e-3, 5e-3].flatMap((by) => moved(environmentSpec(id), by));
    expect(others.length).toBeGreaterThanOrEqual(2);
    for (const options of others) {
      expect(differences(judge(id, options, observations).single, terminated)).not.toEqual([]);
    }
  });

  it("says never where being unhealthy does not terminate", async () => {
    if (endsByTimeOnly.includes(id)) {
      expect(environmentSpec(id).options).not.toHaveProperty("terminate_when_unhealthy");
      return;
    }
    const { observations, terminated } = await expectAgreement(id, { terminate_when_unhealthy: false }, 400);
    expect(terminated).not.toContain(true);
    expect(occurrences(judge(id, {}, observations).rows, true)).toBeGreaterThan(40);
  });
});

const positions = { exclude_current_positions_from_observation: false };
const bare = {
  include_cinert_in_observation: false,
  include_cvel_in_observation: false,
  include_qfrc_actuator_in_observation: false,
  include_cfrc_ext_in_observation: false,
};

describe("with other options", () => {
  const cases: [id: string, options: Options][] = [
    ["Hopper-v5", positions],
    ["Hopper-v4", { ...positions, healthy_z_range: [1.1, 1.3], healthy_angle_range: [-0.1, 0.3] }],
    // All that is observed of velocities decides, up to where they are clipped, and the joints decide too.
    ["Hopper-v5", { healthy_state_range: [-2, 3], healthy_angle_range: [-5, 5], healthy_z_range: [0, 9] }],
    ["Hopper-v4", { ...positions, healthy_state_range: [-10, 10], healthy_angle_range: [-5, 5], healthy_z_range: [0, 9] }],
    ["Walker2d-v5", positions],
    ["Walker2d-v4", { ...positions, healthy_z_range: [1.1, 1.3], healthy_angle_range: [-0.3, 0.1] }],
    ["Ant-v5", positions],
    ["Ant-v5", { healthy_z_range: [0.4, 0.6], include_cfrc_ext_in_observation: false }],
    ["Ant-v4", { ...positions, healthy_z_range: [0.4, 0.6], use_contact_forces: true }],
    ["Humanoid-v5", { ...positions, ...bare }],
    ["Humanoid-v4", { ...positions, healthy_z_range: [1.2, 1.4] }],
  ];

  it.each(cases)("%s %j has the environment's own terminations", async (id, options) => {
    const { observations, terminated } = await expectAgreement(id, options, 400);
    for (const outcome of [true, false]) expect(occurrences(terminated, outcome)).toBeGreaterThan(40);
    // The default ranges would say something else.
    const columns = Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith("healthy")));
    if (Object.keys(columns).length < Object.keys(options).length) {
      expect(differences(judge(id, columns, observations).single, terminated)).not.toEqual([]);
    }
  });

  it.each(endsByTimeOnly.slice(0, 4))("%s observes positions too, and still never terminates", async (id) => {
    const { terminated } = await expectAgreement(id, positions, 100);
    expect(terminated).not.toContain(true);
  });
});

describe("what the rule looks at", () => {
  /** Columns where NaN terminates, in an observation of zeros but for what makes it healthy. */
  const columns = (id: string, options: Options, size: number, healthy: Columns): number[] => {
    expect(describeEnvironment(id, options).spec.observationSize).toBe(size);
    const terminated = terminationOf(id, options);
    const observation = withElements(zeros(size), healthy);
    expect(terminated(observation)).toBe(false);
    return counting(size, 0).filter((column) => terminated(withElements(observation, { [column]: NaN })));
  };

  it("is all of Hopper but x", () => {
    expect(columns("Hopper-v5", {}, 11, { 0: 1.25 })).toEqual(counting(11, 0));
    expect(columns("Hopper-v4", positions, 12, { 1: 1.25 })).toEqual(counting(11, 1));
  });

  it("is Walker2d's height and pitch", () => {
    expect(columns("Walker2d-v5", {}, 17, { 0: 1.25 })).toEqual([0, 1]);
    expect(columns("Walker2d-v4", positions, 18, { 1: 1.25 })).toEqual([1, 2]);
  });

  it("is the whole of Ant's state, but not its contact forces", () => {
    expect(columns("Ant-v5", {}, 105, { 0: 0.75 })).toEqual(counting(27, 0));
    expect(columns("Ant-v4", positions, 29, { 2: 0.75 })).toEqual(counting(29, 0));
  });

  it("is Humanoid's height", () => {
    expect(columns("Humanoid-v5", {}, 348, { 0: 1.4 })).toEqual([0]);
    expect(columns("Humanoid-v4", positions, 378, { 2: 1.4 })).toEqual([2]);
  });

  it("is nothing where episodes end by time only", () => {
    for (const id of endsByTimeOnly) {
      const { observationSize } = environmentSpec(id);
      expect(columns(id, {}, observationSize, {}), id).toEqual([]);
      expect(terminationOf(id)(new Float32Array(observationSize).fill(Infinity)), id).toBe(false);
    }
  });

  it("is nothing where being unhealthy does not terminate", () => {
    expect(columns("Hopper-v5", { terminate_when_unhealthy: false }, 11, {})).toEqual([]);
  });
});

describe("limits", () => {
  const ends = (id: string, healthy: Columns, column: number, values: readonly number[]): boolean[] => {
    const observation = zeros(environmentSpec(id).observationSize);
    return values.map((value) => terminationOf(id)(withElements(observation, { ...healthy, [column]: value })));
  };
  const just = 1e-12;

  it("are open for Hopper, Walker2d and Humanoid", () => {
    const outside = [true, true];
    const within = [false, false];
    expect(ends("Hopper-v5", {}, 0, [0.7, -1])).toEqual(outside);
    expect(ends("Hopper-v5", {}, 0, [0.7 + just, 1e9])).toEqual(within);
    expect(ends("Hopper-v5", { 0: 1.25 }, 1, [-0.2, 0.2])).toEqual(outside);
    expect(ends("Hopper-v5", { 0: 1.25 }, 1, [just - 0.2, 0.2 - just])).toEqual(within);
    expect(ends("Hopper-v5", { 0: 1.25 }, 4, [-100, 100])).toEqual(outside);
    expect(ends("Hopper-v5", { 0: 1.25 }, 4, [just - 100, 100 - just])).toEqual(within);
    expect(ends("Walker2d-v5", {}, 0, [0.8, 2])).toEqual(outside);
    expect(ends("Walker2d-v5", {}, 0, [0.8 + just, 2 - just])).toEqual(within);
    expect(ends("Walker2d-v5", { 0: 1.25 }, 1, [-1, 1])).toEqual(outside);
    expect(ends("Walker2d-v5", { 0: 1.25 }, 1, [just - 1, 1 - just])).toEqual(within);
    expect(ends("Humanoid-v5", {}, 0, [1, 2])).toEqual(outside);
    expect(ends("Humanoid-v5", {}, 0, [1 + just, 2 - just])).toEqual(within);
  });

  it("are closed for Ant", () => {
    expect(ends("Ant-v5", {}, 0, [0.2, 1])).toEqual([false, false]);
    expect(ends("Ant-v5", {}, 0, [0.2 - just, 1 + just])).toEqual([true, true]);
  });
});

describe("what cannot be seen", () => {
  const upright = [0, 1.3, 0, 0, 0, 0];
  /** Sliding through the air, so fast that clipping hides it. */
  const slide = (options: Options, speed: number): Promise<[seen: boolean, happened: boolean]> =>
    using("Hopper-v5", options, (environment) => {
      environment.setState(upright, withElements(zeros(6), { 0: speed }));
      const { observation, terminated } = environment.step(zeros(3));
      expect(Math.max(...observation.subarray(5))).toBe(10);
      return [terminationOf("Hopper-v5", options)(observation), terminated];
    });

  it("is how far beyond ±10, where it is clipped, a velocity of Hopper is", async () => {
    expect(await slide({}, 50)).toEqual([false, false]);
    expect(await slide({}, 150)).toEqual([false, true]);
    expect(await slide({ healthy_state_range: [-10, 10] }, 50)).toEqual([true, true]);
  });
});

describe("observations", () => {
  it("are rows, each judged by itself", () => {
    const hopper = terminationOf("Hopper-v5");
    const lower = terminationOf("Hopper-v5", { healthy_z_range: [0.5, 2] });
    const heights = [1.25, 0.6, 0.4, 1];
    const rows = Float32Array.from(heights.flatMap((height) => [height, ...zeros(10)]));
    expect(heights.map((_, row) => [hopper(rows, row), lower(rows, row)])).toEqual([
      [false, false],
      [true, false],
      [true, true],
      [false, false],
    ]);
    expect(hopper(rows)).toBe(false);
    expect(hopper(rows.subarray(11))).toBe(true);
  });

  it("have to be whole rows of the observation's size, and the row one of them", () => {
    // With x, which these options leave out: every column would be taken for its neighbour.
    const withX = [0, 1.25, ...zeros(10)];
    expect(() => terminationOf("Hopper-v5")(withX)).toThrow(UserError);
    expect(() => terminationOf("Hopper-v5")(withX)).toThrow(
      "Hopper-v5: observations have 12 numbers, a multiple of 11 expected",
    );
    expect(terminationOf("Hopper-v5", positions)(withX)).toBe(false);
    for (const id of ["Hopper-v5", "HalfCheetah-v5", "Regulator-v0"]) {
      const { observationSize } = environmentSpec(id);
      const terminated = terminationOf(id);
      for (const row of [2, -1, 0.5, NaN]) {
        expect(() => terminated(zeros(2 * observationSize), row)).toThrow(
          `${id}: there is no row ${row} in observations of 2 rows`,
        );
      }
      expect(() => terminated([])).toThrow(UserError);
      expect(() => terminated(zeros(observationSize + 1))).toThrow(UserError);
    }
  });
});

describe("terminationOf", () => {
  it("knows the environments and options that make knows", () => {
    expect(() => terminationOf("Hopper-v6")).toThrow(UserError);
    expect(() => terminationOf("Hopper-v6")).toThrow(/no environment "Hopper-v6"; known are .*Hopper-v5/);
    expect(() => terminationOf("Hopper-v5", { helthy_z_range: [0, 1] })).toThrow('no option "helthy_z_range"');
    expect(() => terminationOf("Ant-v5", { healthy_z_range: [1, 0] })).toThrow("must have low <= high");
  });
});
