import { describe, expect, it } from "vitest";
import { evaluate, type CustomAntOptions } from "../../../envs/custom-ant/task.ts";
import { environmentSpec } from "../../../envs/index.ts";
import type { Motion } from "../../../envs/locomotion.ts";
import { counting, using, withElements, zeros } from "../using.ts";

const standing = withElements(zeros(15), { 2: 0.75, 3: 1, 8: 1, 10: -1, 12: -1, 14: 1 });
const still = zeros(14);

describe.each(["CustomAnt-v0", "DisabledAnt-v0"])("%s", (id) => {
  it("pays the velocity at the step's start and the cost of the action", () =>
    using(id, {}, (environment) => {
      environment.setState(withElements(standing, { 2: 0.9 }), withElements(still, { 0: 2.5 }));
      const { reward, info } = environment.step([1, -1, 0.5, 0, 0, 0, 0, 2]);
      expect(info.reward_forward).toBe(2.5);
      expect(info.reward_ctrl).toBeCloseTo(-0.01 * (1 + 1 + 0.25 + 4), 14);
      expect(reward).toBeCloseTo(2.5 + info.reward_ctrl + info.reward_contact, 14);
    }));

  it("never terminates, on its back neither", () =>
    using(id, {}, (environment) => {
      environment.setState(withElements(standing, { 2: 0.4, 3: 0, 4: 1 }), still);
      const steps = Array.from({ length: 40 }, () => environment.step(zeros(8)));
      expect(steps.some(({ terminated }) => terminated)).toBe(false);
      // Its torso, of 0.25 m, holds it above the height that costs.
      expect(environment.qpos[2]).toBeLessThan(0.35);
      expect(steps.at(-1)!.info.reward_flipped).toBe(0);
    }));

  it("observes positions but x and y, velocities, and contact forces with the world's zeros", () =>
    using(id, {}, (environment) => {
      const observation = environment.setState(counting(15), counting(14, 100));
      expect([...observation]).toEqual([...counting(13, 3), ...counting(14, 100), ...zeros(84)]);
      environment.setState(standing, still);
      const landing = Array.from({ length: 40 }, () => environment.step(zeros(8)).observation);
      expect(landing.every((landed) => landed.subarray(27, 33).every((force) => force === 0))).toBe(true);
      expect(Math.max(...landing.map((landed) => Math.max(...landed.subarray(33))))).toBe(1);
    }));

  it("is over after 500 steps", () =>
    using(id, {}, (environment) => {
      environment.reset({ seed: 1 });
      for (let i = 1; i < 500; i++) expect(environment.step(zeros(8)).truncated).toBe(false);
      expect(environment.step(zeros(8)).truncated).toBe(true);
    }));
});

it("being lower than 0.2 m costs", () => {
  const options = environmentSpec("CustomAnt-v0").options as unknown as CustomAntOptions;
  const flipped = (z: number, flipped_cost: number): number => {
    const fields = { qpos: Float64Array.from(withElements(standing, { 2: z })), cfrc_ext: new Float64Array(84) };
    const motion = { fields, before: Float64Array.of(2), action: zeros(8) } as unknown as Motion;
    const { reward, info } = evaluate(motion, { ...options, flipped_cost });
    expect(reward).toBe(2 + info.reward_flipped);
    return info.reward_flipped;
  };
  expect([flipped(0.2, 3), flipped(0.2 - 1e-12, 3), flipped(NaN, 3), flipped(-1, 1)]).toEqual([0, -3, -3, -1]);
});

describe("an action", () => {
  /** Angular velocity of each joint, hip_1, ankle_1, …, after one step under one unit of one action. */
  const pushed = (id: string, index: number): Promise<number[]> =>
    using(id, {}, (environment) => {
      environment.setState(withElements(standing, { 2: 0.99 }), still);
      const idle = environment.step(zeros(8)) && environment.qvel.slice(6);
      environment.setState(withElements(standing, { 2: 0.99 }), still);
      environment.step(withElements(zeros(8), { [index]: 1 }));
      return [...environment.qvel.subarray(6)].map((velocity, joint) => velocity - idle[joint]);
    });

  it("turns the same joint in both ants, with little force where legs are disabled", async () => {
    // hip_4, ankle_4, hip_1, …: of the joints 0 to 7, which are numbered from leg 1.
    const joints = [6, 7, 0, 1, 2, 3, 4, 5];
    for (const [index, joint] of joints.entries()) {
      const [able, disabled] = await Promise.all([pushed("CustomAnt-v0", index), pushed("DisabledAnt-v0", index)]);
      const strongest = (velocities: number[]): number =>
        velocities.map(Math.abs).indexOf(Math.max(...velocities.map(Math.abs)));
      expect([strongest(able), strongest(disabled)]).toEqual([joint, joint]);
      // Legs 3 and 4 have 1/30 of the force, the others as much as before.
      const ratio = disabled[joint] / able[joint];
      if (joint >= 4) expect(ratio).toBeLessThan(0.05);
      else expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeGreaterThan(0.02);
    }
  });
});
