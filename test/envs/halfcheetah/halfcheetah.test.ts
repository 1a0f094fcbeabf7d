import { describe, expect, it } from "vitest";
import { counting, using, withElements, zeros } from "../using.ts";

describe.each(["HalfCheetah-v5", "HalfCheetah-v4"])("%s", (id) => {
  it("pays velocity and the cost of the action as given", () =>
    using(id, { forward_reward_weight: 2, ctrl_cost_weight: 0.5 }, (environment) => {
      environment.setState(withElements(zeros(9), { 0: 3 }), withElements(zeros(9), { 0: 1.5 }));
      const { reward, info } = environment.step([2, -1, 0.5, 0, 0, 0]);
      const velocity = (environment.qpos[0] - 3) / 0.05;
      expect(reward).toBeCloseTo(2 * velocity - 0.5 * (4 + 1 + 0.25), 12);
      expect(info.x_velocity).toBeCloseTo(velocity, 12);
      expect(info[id === "HalfCheetah-v4" ? "reward_run" : "reward_forward"]).toBeCloseTo(2 * velocity, 12);
    }));

  it("never terminates, not even on its back", () =>
    using(id, {}, (environment) => {
      environment.setState(withElements(zeros(9), { 2: Math.PI }), zeros(9));
      for (let i = 0; i < 50; i++) expect(environment.step(zeros(6)).terminated).toBe(false);
      // it lies there: the torso lower than where it stands
      expect(environment.qpos[1]).toBeLessThan(-0.2);
    }));

  it("observes positions but x, and velocities as they are", () =>
    using(id, {}, (environment) => {
      const observation = environment.setState(counting(9), counting(9, 100));
      expect([...observation]).toEqual([...counting(8, 2), ...counting(9, 100)]);
    }));

  it("observes x too when asked", () =>
    using(id, { exclude_current_positions_from_observation: false }, (environment) => {
      expect([...environment.setState(counting(9), counting(9, 100))]).toEqual([
        ...counting(9),
        ...counting(9, 100),
      ]);
    }));
});
