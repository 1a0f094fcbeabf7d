import { describe, expect, it } from "vitest";
import { batchWorld } from "../../agents/world.ts";
import { batchOf, make } from "../../envs/index.ts";
import type { Snapshot } from "../../src/runs/snapshot.ts";
import { chain } from "./chain.ts";

describe("a world of environments", () => {
  it("tells a termination from a time limit and starts over after both", () => {
    // 5 6 7 8 | 1 2 ⊥ | 5 …: cut after 4 steps, terminated on leaving state 2
    const environment = chain({
      states: 10,
      compact: true,
      starts: [5, 1],
      maxEpisodeSteps: 4,
      terminates: (state) => state === 2,
      reward: (state) => 10 * state,
    });
    const world = batchWorld(batchOf([environment], 0));
    const seen = Array.from({ length: 7 }, () => {
      const [observation] = world.observations;
      const { nextObservations, rewards, terminated, truncated } = world.step(Float32Array.of(0));
      return [observation, nextObservations[0], rewards[0], terminated[0], truncated[0]];
    });
    expect(seen).toEqual([
      [5, 6, 50, 0, 0],
      [6, 7, 60, 0, 0],
      [7, 8, 70, 0, 0],
      [8, 9, 80, 0, 1],
      [1, 2, 10, 0, 0],
      [2, 3, 20, 1, 0],
      [5, 6, 50, 0, 0],
    ]);
  });

  it("runs its members side by side, each by itself", async () => {
    const makeMembers = () => Promise.all([0, 1, 2].map(() => make("Regulator-v0")));
    const world = batchWorld(batchOf(await makeMembers(), 40));
    const alone = await makeMembers();
    const observations = alone.map((environment, i) => environment.reset({ seed: 40 + i }).observation);
    for (let t = 0; t < 60; t++) {
      expect([...world.observations]).toEqual([...Float32Array.from(observations.flatMap((row) => [...row]))]);
      const actions = Float32Array.of(0.1 * (t % 3), -0.5, 1);
      const { rewards } = world.step(actions);
      alone.forEach((environment, i) => {
        const step = environment.step([actions[i]]);
        expect(rewards[i]).toBe(Math.fround(step.reward));
        observations[i] = step.truncated ? environment.reset().observation : step.observation;
      });
    }
    world.close();
  });

  it("continues from a snapshot, also in mid-episode and into the next draws of initial states", async () => {
    const makeWorld = async () => batchWorld(batchOf([await make("Regulator-v0"), await make("Regulator-v0")], 3));
    const original = await makeWorld();
    const play = (world: typeof original, steps: number): number[] =>
      Array.from({ length: steps }, () => [...world.step(Float32Array.of(0.3, -0.2)).nextObservations]).flat();
    play(original, 31);
    const { arrays, values } = original.snapshot();
    const saved: Snapshot = {
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      values: JSON.parse(JSON.stringify(values)) as Snapshot["values"],
    };
    const restored = await makeWorld();
    restored.restore(saved);
    expect([...restored.observations]).toEqual([...original.observations]);
    expect(play(restored, 130)).toEqual(play(original, 130));
    original.close();
    restored.close();
  });
});
