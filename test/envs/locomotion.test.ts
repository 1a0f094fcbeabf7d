import { describe, expect, it } from "vitest";
import { createLocomotion } from "../../envs/locomotion.ts";
import { createRandom } from "../../src/random/index.ts";
import { ball, ballSpec } from "./ball.ts";

describe("a robot with contact forces and lagging quantities", () => {
  it("has contact forces after a step, and none after a reset", async () => {
    const environment = await createLocomotion(ballSpec, ball);
    const forces = (observation: Float64Array): Float64Array => observation.subarray(6);
    expect(forces(environment.reset({ seed: 1 }).observation).every((force) => force === 0)).toBe(true);
    const random = createRandom(2);
    let largest = 0;
    for (let i = 0; i < 100; i++) {
      const { observation } = environment.step(environment.actionSpace.sample(random));
      largest = Math.max(largest, forces(observation)[5]);
    }
    // At rest the floor carries the ball: 4/3·π·0.1³ m³ · 300 kg/m³ · 9.81 m/s² = 12.3 N.
    expect(largest).toBeGreaterThan(12.3);
    expect(forces(environment.reset().observation).every((force) => force === 0)).toBe(true);
    environment.close();
  });

  it("continues bit for bit, the first reward and the current observation included", async () => {
    const environment = await createLocomotion(ballSpec, ball);
    const other = await createLocomotion(ballSpec, ball);
    environment.reset({ seed: 3 });
    for (let i = 0; i < 30; i++) environment.step([1]);
    const saved = environment.save();
    const follow = (): unknown => Array.from({ length: 40 }, (_, i) => environment.step([Math.sin(i)]));
    const expected = follow();
    environment.restore(saved);
    expect(environment.save()).toEqual(saved);
    expect(follow()).toEqual(expected);
    other.restore(saved);
    expect(other.save()).toEqual(saved);
    expect(Array.from({ length: 40 }, (_, i) => other.step([Math.sin(i)]))).toEqual(expected);
    expect(() => other.restore({ ...saved, arrays: { physics: saved.arrays.physics } })).toThrow(
      'no array "xpos"',
    );
    environment.close();
    other.close();
  });

  it("rewards what MuJoCo derived in the last time step, not what the positions would give", async () => {
    const environment = await createLocomotion(ballSpec, ball);
    environment.setState([0, 0, 0], [1, 0, 0]);
    const x = environment.qpos[0];
    const first = environment.step([5]);
    const [xAfter, velocity] = [environment.qpos[0], environment.qvel[0]];
    // Bodies are where the last Euler step of 0.01 s began, which moved them by 0.01 s times the new velocity.
    expect(first.reward).toBeCloseTo((xAfter - 0.01 * velocity - x) / 0.03, 12);
    expect(first.reward).not.toBeCloseTo((xAfter - x) / 0.03, 3);
    environment.close();
  });
});
