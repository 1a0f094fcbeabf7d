import { describe, expect, it } from "vitest";
import type { Policy } from "../../agents/policy.ts";
import { evaluatePolicy, rollout, rolloutEpisodes } from "../../agents/rollout.ts";
import type { Trajectory } from "../../agents/rollout.ts";
import { make } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { chain } from "./chain.ts";

/** Pushes towards the origin: force −x − v, with a little noise when sampled. */
const regulate: Policy = {
  observationSize: 2,
  actionSize: 1,
  act(state, mode, random, action) {
    action[0] = -state[0] - state[1] + (mode === "sample" ? 0.1 * random.normal() : 0);
  },
};

const limp: Policy = {
  observationSize: 11,
  actionSize: 3,
  act(_observation, _mode, _random, action) {
    action.fill(0);
  },
};

describe("rollout", () => {
  it("records each step of the environment, until the time limit", async () => {
    const environment = await make("Regulator-v0");
    const trajectory = await rollout(environment, regulate, {
      mode: "mean",
      random: createRandom(0),
      seed: 3,
    });
    expect(trajectory).toMatchObject({
      length: 50,
      lengthUntilTermination: 50,
      terminated: false,
      truncated: true,
    });

    let { observation } = environment.reset({ seed: 3 });
    let total = 0;
    for (let t = 0; t < 50; t++) {
      expect(trajectory.observations.slice(2 * t, 2 * t + 2)).toEqual(Float32Array.from(observation));
      const action = Math.fround(-observation[0] - observation[1]);
      expect(trajectory.actions[t]).toBe(action);
      const step = environment.step([action]);
      observation = step.observation;
      total += step.reward;
      expect(trajectory.nextObservations.slice(2 * t, 2 * t + 2)).toEqual(Float32Array.from(observation));
      expect(trajectory.rewards[t]).toBe(Math.fround(step.reward));
    }
    expect(trajectory.return).toBe(total);
    expect(trajectory.qpos).toBeUndefined();
    environment.close();
  });

  it("ends at a shorter horizon, which is no termination", async () => {
    const environment = await make("Regulator-v0");
    const options = { mode: "mean", random: createRandom(0), horizon: 7 } as const;
    expect(await rollout(environment, regulate, options)).toMatchObject({
      length: 7,
      terminated: false,
      truncated: true,
    });
    environment.close();
  });

  it("stops at a fall, or goes on to the time limit without counting what follows", async () => {
    const environment = await make("Hopper-v5");
    const options = { mode: "mean", random: createRandom(0), seed: 1 } as const;
    const stopped = await rollout(environment, limp, options);
    expect(stopped.length).toBeLessThan(200);
    expect(stopped).toMatchObject({
      terminated: true,
      truncated: false,
      lengthUntilTermination: stopped.length,
    });

    const continued = await rollout(environment, limp, { ...options, afterTermination: "continue" });
    expect(continued.length).toBe(1000);
    expect(continued.observations).toHaveLength(11_000);
    expect(continued).toMatchObject({
      terminated: true,
      truncated: false,
      lengthUntilTermination: stopped.length,
      return: stopped.return,
    });
    expect(continued.nextObservations.slice(0, stopped.nextObservations.length)).toEqual(
      stopped.nextObservations,
    );
    // One long simulation, not episodes put together.
    expect(continued.observations.slice(11)).toEqual(continued.nextObservations.slice(0, -11));
    environment.close();
  });

  it("keeps the physics state before every action when asked to", async () => {
    const environment = await make("Hopper-v5");
    const options = {
      mode: "mean",
      random: createRandom(0),
      seed: 1,
      horizon: 5,
      recordState: true,
    } as const;
    const { qpos, qvel, observations } = await rollout(environment, limp, options);
    expect(qpos).toHaveLength(30);
    expect(qvel).toHaveLength(30);
    for (let t = 0; t < 5; t++) {
      const state = [...qpos!.slice(6 * t + 1, 6 * t + 6), ...qvel!.slice(6 * t, 6 * t + 6)];
      expect(observations.slice(11 * t, 11 * t + 11)).toEqual(Float32Array.from(state));
    }
    environment.close();
  });

  it("draws noise only for sampled actions, and from the given generator", async () => {
    const environment = await make("Regulator-v0");
    const play = async (mode: "mean" | "sample", seed: number) => {
      const random = createRandom(seed);
      const { actions } = await rollout(environment, regulate, { mode, random, seed: 0 });
      return { actions, state: random.state() };
    };
    expect((await play("mean", 1)).state).toEqual(createRandom(1).state());
    expect((await play("mean", 1)).actions).toEqual((await play("mean", 2)).actions);
    expect((await play("sample", 1)).actions).toEqual((await play("sample", 1)).actions);
    expect((await play("sample", 1)).actions).not.toEqual((await play("sample", 2)).actions);
    environment.close();
  });
});

describe("the end of a rollout", () => {
  const idle: Policy = {
    observationSize: 1,
    actionSize: 1,
    act(_observation, _mode, _random, action) {
      action[0] = 0.1;
    },
  };
  const options = { mode: "mean", random: createRandom(0) } as const;
  /** States 0, 1, 2 … that pay their number and end at `last`. */
  const count = (last: number, maxEpisodeSteps = Infinity) =>
    chain({
      states: 1e6,
      compact: true,
      reward: (state) => state,
      terminates: (state) => state === last,
      maxEpisodeSteps,
    });

  it("is a termination where the time limit falls on the same step", async () => {
    const trajectory = await rollout(count(4, 5), idle, options);
    expect(trajectory).toMatchObject({ length: 5, terminated: true, truncated: false, return: 10 });
  });

  it("may come after any number of steps", async () => {
    const { length, observations, nextObservations, actions, rewards, return: total } = await rollout(count(2999), idle, options);
    expect(length).toBe(3000);
    expect(observations).toEqual(Float32Array.from({ length }, (_, t) => t));
    expect(nextObservations).toEqual(observations.map((state) => state + 1));
    expect(rewards).toEqual(observations);
    expect(actions).toEqual(new Float32Array(length).fill(0.1));
    expect(total).toBe((2999 * 3000) / 2);
  });

  it("must be somewhere", async () => {
    await expect(rollout(count(3), idle, { ...options, afterTermination: "continue" })).rejects.toThrow(RangeError);
    const trajectory = await rollout(count(3), idle, { ...options, afterTermination: "continue", horizon: 6 });
    // 0 + 1 + 2 + 3 until the termination
    expect(trajectory).toMatchObject({ length: 6, terminated: true, truncated: false, lengthUntilTermination: 4, return: 6 });
  });

  it("is told apart in evaluations", async () => {
    const evaluation = await evaluatePolicy(count(3, 9), idle, { episodes: 2, seed: 0, mode: "mean" });
    expect(evaluation).toMatchObject({ terminations: 2, meanLength: 4, mean: 6, std: 0 });
    const cut = await evaluatePolicy(count(30, 9), idle, { episodes: 2, seed: 0, mode: "mean" });
    expect(cut).toMatchObject({ terminations: 0, meanLength: 9, mean: 36 });
  });
});

describe("rolloutEpisodes", () => {
  it("plays episode i the same however many there are, and whatever was played before", async () => {
    const environment = await make("Regulator-v0");
    const play = async (episodes: number) => {
      const played: Trajectory[] = [];
      const options = { episodes, seed: 5, mode: "sample" } as const;
      for await (const trajectory of rolloutEpisodes(environment, regulate, options)) played.push(trajectory);
      return played;
    };
    const few = await play(2);
    const many = await play(4);
    expect(many.slice(0, 2)).toEqual(few);
    expect(new Set(many.map((trajectory) => trajectory.return)).size).toBe(4);
    environment.close();
  });
});

describe("evaluatePolicy", () => {
  it("summarises the returns of the episodes that rolloutEpisodes plays", async () => {
    const environment = await make("Regulator-v0");
    const options = { episodes: 3, seed: 9, mode: "mean" } as const;
    const returns: number[] = [];
    for await (const trajectory of rolloutEpisodes(environment, regulate, options))
      returns.push(trajectory.return);
    const evaluation = await evaluatePolicy(environment, regulate, options);
    const mean = (returns[0] + returns[1] + returns[2]) / 3;
    expect(evaluation).toMatchObject({
      ...options,
      returns,
      lengths: [50, 50, 50],
      meanLength: 50,
      terminations: 0,
    });
    expect(evaluation.mean).toBeCloseTo(mean, 12);
    const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3;
    expect(evaluation.std).toBeCloseTo(Math.sqrt(variance), 12);
    environment.close();
  });
});
