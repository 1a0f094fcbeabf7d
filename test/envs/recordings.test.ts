import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { make, replay, type Info, type Recording, type Replay } from "../../envs/index.ts";
import { simulate } from "../../envs/mujoco.ts";
import { HOPPER_MJCF } from "../../envs/hopper/model.ts";

/** What Gymnasium on native MuJoCo recorded; see the files' notes. */
interface GymnasiumRecording extends Recording, Omit<Replay, "observation"> {
  readonly env: string;
  readonly initial: Recording["initial"] & { readonly observation: number[] };
  readonly info: Info[];
  readonly bodyMass: number[];
  readonly dt: number;
}

const folder = new URL("../fixtures/gymnasium/", import.meta.url);

/** Native and WebAssembly builds round differently, which contacts amplify. */
const tolerance = (step: number): number => (step < 20 ? 1e-9 : 1e-6);

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, step: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i])).toBeLessThan(tolerance(step));
}

describe.each(readdirSync(folder))("%s, recorded from Gymnasium", async (file) => {
  const recording = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as GymnasiumRecording;
  const environment = await make(recording.env);
  afterAll(() => environment.close());

  it("replays to the same states, observations, rewards and terminations", () => {
    const result = replay(environment, recording);
    expect(result.observation).toEqual(recording.initial.observation);
    expect(result.terminated).toEqual(recording.terminated);
    for (let step = 0; step < recording.actions.length; step++) {
      expectClose(result.observations[step], recording.observations[step], step);
      expectClose(result.qpos[step], recording.qpos[step], step);
      expectClose(result.qvel[step], recording.qvel[step], step);
      expectClose([result.rewards[step]], [recording.rewards[step]], step);
    }
  });

  it("reports the same info", () => {
    environment.setState(recording.initial.qpos, recording.initial.qvel);
    recording.actions.forEach((action, step) => {
      const { info } = environment.step(action);
      expect(Object.keys(info)).toEqual(Object.keys(recording.info[step]));
      expectClose(Object.values(info), Object.values(recording.info[step]), step);
    });
  });

  it("has the same time step", () => {
    expect(environment.dt).toBeCloseTo(recording.dt, 15);
  });
});

describe("hopper.xml", () => {
  it("has Gymnasium's body masses", async () => {
    const recording = JSON.parse(
      readFileSync(new URL("Hopper-v5.json", folder), "utf8"),
    ) as GymnasiumRecording;
    const simulation = await simulate(HOPPER_MJCF);
    expectClose(simulation.model.bodyMass, recording.bodyMass, 0);
    expectClose(
      simulation.model.bodyMass,
      [0, 3.66519142919, 4.05789051089, 2.78135669598, 5.31557476987],
      0,
    );
    expect(simulation.model.bodyMass.reduce((a, b) => a + b)).toBeCloseTo(15.820013, 6);
    simulation.close();
  });
});
