import { describe, expect, it } from "vitest";
import { isHealthy } from "../../../envs/walker2d/task.ts";
import { environmentSpec } from "../../../envs/index.ts";
import type { Walker2dOptions } from "../../../envs/walker2d/task.ts";
import { counting, using, withElements, zeros } from "../using.ts";

const upright = withElements(zeros(9), { 1: 1.25 });
const defaults = environmentSpec("Walker2d-v5").options as unknown as Walker2dOptions;

describe("healthy ranges", () => {
  const healthy = (changes: Readonly<Record<number, number>>): boolean =>
    isHealthy(withElements(upright, changes), defaults);

  it("are open at heights 0.8 and 2 and at pitch ±1", () => {
    for (const [index, bound, inwards] of [
      [1, 0.8, 1],
      [1, 2, -1],
      [2, -1, 1],
      [2, 1, -1],
    ]) {
      expect(healthy({ [index]: bound })).toBe(false);
      expect(healthy({ [index]: bound + inwards * 1e-12 })).toBe(true);
    }
  });

  it("leave x and the joints free, and nothing that is not a number", () => {
    expect(healthy({ 0: 1e6, 3: 1e6, 8: -1e6 })).toBe(true);
    expect(healthy({ 1: NaN })).toBe(false);
    expect(healthy({ 2: NaN })).toBe(false);
  });
});

describe.each(["Walker2d-v5", "Walker2d-v4"])("%s", (id) => {
  it("pays velocity, survival and the cost of the action as given", () =>
    using(id, { forward_reward_weight: 2, ctrl_cost_weight: 0.1, healthy_reward: 3 }, (environment) => {
      environment.setState(withElements(upright, { 0: 4 }), zeros(9));
      const { reward, terminated } = environment.step([2, -1, 0.5, 0, 0, 1]);
      const velocity = (environment.qpos[0] - 4) / 0.008;
      expect(terminated).toBe(false);
      expect(reward).toBeCloseTo(2 * velocity + 3 - 0.1 * (4 + 1 + 0.25 + 1), 12);
    }));

  it("pays survival in the terminating step in version 4 only", () =>
    using(id, {}, (environment) => {
      environment.setState(withElements(upright, { 2: 1.2 }), zeros(9));
      const { reward, terminated, info } = environment.step(zeros(6));
      expect(terminated).toBe(true);
      expect(reward).toBeCloseTo(info.x_velocity + (id === "Walker2d-v4" ? 1 : 0), 12);
    }));

  it("goes on, unpaid, where falling does not terminate", () =>
    using(id, { terminate_when_unhealthy: false }, (environment) => {
      environment.setState(withElements(upright, { 2: 1.2 }), zeros(9));
      const { reward, terminated, info } = environment.step(zeros(6));
      expect(terminated).toBe(false);
      expect(reward).toBeCloseTo(info.x_velocity, 12);
    }));

  it("observes positions but x, and velocities clipped to 10", () =>
    using(id, {}, (environment) => {
      const observation = environment.setState(counting(9), [-30, -9, -5, 0, 5, 9, 10, 11, 1e6]);
      expect([...observation]).toEqual([...counting(8, 2), -10, -9, -5, 0, 5, 9, 10, 10, 10]);
    }));
});

it("the right foot of version 4 slides where that of version 5 grips", async () => {
  // Thrown forward on the soles with legs stiff, only friction slows it down.
  const slide = (id: string): Promise<number> =>
    using(id, {}, (environment) => {
      environment.setState(upright, withElements(zeros(9), { 0: 2 }));
      for (let i = 0; i < 25; i++) environment.step(zeros(6));
      return environment.qpos[0];
    });
  expect(await slide("Walker2d-v4")).not.toBe(await slide("Walker2d-v5"));
});
