import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { make, replay, type Info, type Recording, type Replay } from "../../envs/index.ts";

/**
 * What Gymnasium on native MuJoCo recorded, with the options `kwargs`; see the files' notes and test/fixtures/record.py.
 * Long recordings have positions, rewards and terminations only, rounded to 1e-9.
 */
interface GymnasiumRecording extends Recording, Pick<Replay, "rewards" | "terminated" | "qpos"> {
  readonly env: string;
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly initial: Recording["initial"] & { readonly observation?: number[] };
  readonly observations?: number[][];
  readonly qvel?: number[][];
  readonly info?: Readonly<Record<string, number | number[]>>[];
  /** What a reset without initial noise gives. */
  readonly reset?: { readonly observation: number[]; readonly info: Readonly<Record<string, number | number[]>> };
  readonly dt: number;
}

const folder = new URL("../fixtures/gymnasium/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
const read = (file: string): GymnasiumRecording =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as GymnasiumRecording;

/**
 * Native and WebAssembly builds round differently. Where the motion is chaotic these errors grow tenfold every 5 steps
 * (HalfCheetah) to 20 (the ants), until there is nothing left to compare: the first step where 1e-6 does not hold. Over
 * eight streams of random actions it was step 72 to 106 of HalfCheetah, 116 to 219 of Ant, 132 to 170 of CustomAnt and
 * 156 to 279 of DisabledAnt. Hopper, Walker2d and Humanoid, which soon lie on the ground, agreed for 600 steps.
 */
const divergence: Readonly<Record<string, number>> = {
  "HalfCheetah-v5.long.json": 104,
  "Ant-v5.long.json": 150,
  "CustomAnt-v0.long.json": 169,
  "DisabledAnt-v0.long.json": 208,
};

const tolerance = (step: number): number => (step < 20 ? 1e-9 : 1e-6);

/** The largest difference in anything that was recorded of a step. */
function difference(result: Replay, recording: GymnasiumRecording, step: number): number {
  let largest = Math.abs(result.rewards[step] - recording.rewards[step]);
  for (const quantity of ["observations", "qpos", "qvel"] as const) {
    const expected = recording[quantity]?.[step];
    if (!expected) continue;
    const actual = result[quantity][step];
    expect(actual).toHaveLength(expected.length);
    for (let i = 0; i < expected.length; i++) {
      // Math.max would pass on NaN, but not compare it.
      const distance = Math.abs(actual[i] - expected[i]);
      largest = distance <= largest ? largest : distance;
    }
  }
  return largest;
}

/** Gymnasium's arrays with a key for each number, as this project has them. */
const flat = (info: Readonly<Record<string, number | number[]>>): [string, number][] =>
  Object.entries(info).flatMap(([key, value]): [string, number][] =>
    typeof value === "number" ? [[key, value]] : value.map((number, i) => [`${key}[${i}]`, number]),
  );

function expectInfo(info: Info, recorded: Readonly<Record<string, number | number[]>>, bound: number): void {
  const expected = flat(recorded);
  // Recordings without options left out what Gymnasium has as arrays.
  const arrays = expected.some(([key]) => key.endsWith("]"));
  const actual = Object.entries(info).filter(([key]) => arrays || !key.endsWith("]"));
  expect(actual.map(([key]) => key)).toEqual(expected.map(([key]) => key));
  const far = expected.filter(([, value], i) => !(Math.abs(actual[i][1] - value) < bound));
  expect(far).toEqual([]);
}

describe.each(files)("%s", async (file) => {
  const recording = read(file);
  const { env: id, kwargs = {}, initial, actions, info, reset } = recording;
  const environment = await make(id, kwargs);
  const horizon = divergence[file] ?? actions.length;
  afterAll(() => environment.close());

  it("replays to the same states, observations, rewards and terminations", () => {
    const result = replay(environment, recording);
    if (initial.observation) expect(result.observation).toEqual(initial.observation);
    for (let step = 0; step < horizon; step++) {
      expect(difference(result, recording, step), `step ${step}`).toBeLessThan(tolerance(step));
    }
    expect(result.terminated.slice(0, horizon)).toEqual(recording.terminated.slice(0, horizon));
  });

  if (file in divergence) {
    it("diverges afterwards", () => {
      const result = replay(environment, recording);
      expect(difference(result, recording, horizon)).toBeGreaterThan(1e-6);
      expect(difference(result, recording, actions.length - 1)).toBeGreaterThan(1e-3);
    });
  }

  if (info) {
    it("reports the same info, key by key", () => {
      environment.setState(initial.qpos, initial.qvel);
      actions.forEach((action, step) => {
        expectInfo(environment.step(action).info, info[step], tolerance(step));
      });
    });
  }

  if (reset) {
    it("resets to the same state and info where there is no noise", async () => {
      const still = await make(id, { ...kwargs, reset_noise_scale: 0 });
      const result = still.reset({ seed: 5 });
      expect([...result.observation]).toEqual(reset.observation);
      expectInfo(result.info, reset.info, 1e-15);
      still.close();
    });
  }

  it("has the same time step", () => {
    expect(environment.dt).toBeCloseTo(recording.dt, 15);
  });
});

describe("the recordings", () => {
  const recordings = files.map(read);

  it("cover every robot, with default options and with others", () => {
    const robots = ["Hopper", "HalfCheetah", "Walker2d", "Ant", "Humanoid"];
    for (const id of robots.flatMap((robot) => [`${robot}-v5`, `${robot}-v4`])) {
      expect(files).toContain(`${id}.json`);
      expect(files).toContain(`${id}.options.json`);
    }
    expect(files).toEqual(expect.arrayContaining(["CustomAnt-v0.json", "DisabledAnt-v0.json"]));
  });

  it("hold what they are to tell apart: actions beyond the range, healthy steps and others, contacts", () => {
    for (const { kwargs = {}, actions, info = [], env } of recordings) {
      if (Object.keys(kwargs).length === 0) continue;
      const limit = env.startsWith("Humanoid") ? 0.4 : 1;
      expect(actions.flat().some((action) => Math.abs(action) > limit)).toBe(true);
      const survival = info.map(({ reward_survive }) => reward_survive);
      if (env.endsWith("v5") && "healthy_reward" in kwargs) {
        expect(new Set(survival)).toEqual(new Set([0, kwargs.healthy_reward]));
      }
      if (env.endsWith("v5") && "contact_cost_weight" in kwargs) {
        const costs = new Set(info.map(({ reward_contact }) => reward_contact));
        expect(costs.size).toBeGreaterThan(3);
      }
    }
    const terminating = recordings.filter(({ terminated }) => terminated.includes(true)).map(({ env }) => env);
    expect(terminating).toEqual(expect.arrayContaining(["Hopper-v4", "Walker2d-v4", "Ant-v4", "Humanoid-v4"]));
  });
});
