import { describe, expect, it } from "vitest";
import { isHealthy } from "../../../envs/ant/task.ts";
import type { Environment, StepResult } from "../../../envs/index.ts";
import { counting, using, withElements, zeros } from "../using.ts";

/** Standing, the torso's quaternion being that of no rotation. */
const standing = withElements(zeros(15), { 2: 0.75, 3: 1, 8: 1, 10: -1, 12: -1, 14: 1 });
const still = zeros(14);

describe("the healthy range", () => {
  const healthy = (changes: Readonly<Record<number, number>>, velocities = still): boolean =>
    isHealthy(withElements(standing, changes), velocities, [0.2, 1]);

  it("is closed at heights 0.2 and 1", () => {
    expect([healthy({ 2: 0.2 }), healthy({ 2: 1 })]).toEqual([true, true]);
    expect([healthy({ 2: 0.2 - 1e-12 }), healthy({ 2: 1 + 1e-12 })]).toEqual([false, false]);
  });

  it("asks everything to be finite", () => {
    for (const value of [NaN, Infinity]) {
      expect(healthy({ 0: value })).toBe(false);
      expect(healthy({}, withElements(still, { 13: value }))).toBe(false);
    }
  });
});

/** The step of a fall from 0.75 m in which the most is touched. */
function land(environment: Environment): StepResult {
  environment.setState(standing, still);
  const steps = Array.from({ length: 40 }, () => environment.step(zeros(8)));
  const touched = ({ observation }: StepResult): number => observation.subarray(27).filter((force) => force !== 0).length;
  return steps.reduce((most, step) => (touched(step) > touched(most) ? step : most));
}

describe.each(["Ant-v5", "Ant-v4"])("%s", (id) => {
  const isV4 = id === "Ant-v4";

  it("pays survival in the terminating step in version 4 only", () =>
    using(id, {}, (environment) => {
      environment.setState(withElements(standing, { 2: 2 }), still);
      const { terminated, info } = environment.step(zeros(8));
      expect(terminated).toBe(true);
      expect(info.reward_survive).toBe(isV4 ? 1 : 0);
    }));

  it("observes positions but x and y, and velocities", () =>
    using(id, {}, (environment) => {
      const { observationSize } = environment.spec;
      expect(observationSize).toBe(isV4 ? 27 : 27 + 13 * 6);
      const observation = environment.setState(counting(15), counting(14, 100));
      expect([...observation.subarray(0, 27)]).toEqual([...counting(13, 3), ...counting(14, 100)]);
      expect(observation.subarray(27).every((force) => force === 0)).toBe(true);
    }));

  it("pays the torso's velocity and the cost of the action as given", () =>
    using(id, { ctrl_cost_weight: 0.25, healthy_reward: 3 }, (environment) => {
      // In flight and with the legs at rest, the torso keeps its velocity.
      environment.setState(withElements(standing, { 2: 0.99 }), withElements(still, { 0: 2, 1: -1 }));
      const { reward, info } = environment.step(zeros(8));
      expect(info.x_velocity).toBeGreaterThan(1);
      expect(info.y_velocity).toBeLessThan(-0.5);
      expect(reward).toBeCloseTo(info.x_velocity + 3 + (isV4 ? 0 : info.reward_contact), 12);
      const costly = environment.step([2, 0, 0, 1, 0, 0, -1, 0]).info.reward_ctrl;
      expect(costly).toBeCloseTo(-0.25 * 6, 12);
    }));
});

describe("contact forces", () => {
  it("are observed per body and clipped, and their squares are paid for", () =>
    using("Ant-v5", { contact_force_range: [-0.5, 0.25], contact_cost_weight: 0.1 }, (environment) => {
      const { observation, info } = land(environment);
      const forces = [...observation.subarray(27)];
      expect(Math.min(...forces)).toBe(-0.5);
      expect(Math.max(...forces)).toBe(0.25);
      // The world's body has none, so that the observed ones are all.
      const squares = forces.reduce((sum, force) => sum + force * force, 0);
      expect(info.reward_contact).toBeCloseTo(-0.1 * squares, 12);
    }));

  it("cost alike where they are not observed", async () => {
    const costs = await Promise.all(
      [true, false].map((include_cfrc_ext_in_observation) =>
        using("Ant-v5", { include_cfrc_ext_in_observation }, (environment) => {
          environment.setState(standing, still);
          return Array.from({ length: 40 }, () => environment.step(zeros(8)).info.reward_contact);
        }),
      ),
    );
    expect(Math.min(...costs[0])).toBeLessThan(0);
    expect(costs[1]).toEqual(costs[0]);
  });

  it("come with the world's zeros in version 4", () =>
    using("Ant-v4", { use_contact_forces: true }, (environment) => {
      expect(environment.spec.observationSize).toBe(111);
      const { observation } = land(environment);
      expect(observation.subarray(27, 33).every((force) => force === 0)).toBe(true);
      expect(observation.subarray(33).some((force) => force !== 0)).toBe(true);
    }));
});

it("an action turns the joint of its name", () =>
  using("Ant-v5", {}, (environment) => {
    // hip_4, ankle_4, hip_1, …: of the joints 0 to 7, which are numbered from leg 1.
    const joints = [6, 7, 0, 1, 2, 3, 4, 5];
    joints.forEach((joint, index) => {
      environment.setState(withElements(standing, { 2: 0.99 }), still);
      environment.step(withElements(zeros(8), { [index]: 0.2 }));
      const velocities = [...environment.qvel.subarray(6)].map(Math.abs);
      expect(velocities.indexOf(Math.max(...velocities))).toBe(joint);
    });
  }));
