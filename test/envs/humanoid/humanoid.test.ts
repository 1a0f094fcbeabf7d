import { describe, expect, it } from "vitest";
import { environmentSpec } from "../../../envs/index.ts";
import { isHealthy, type HumanoidV5Options } from "../../../envs/humanoid/task.ts";
import { counting, using, withElements, zeros } from "../using.ts";

const standing = withElements(zeros(24), { 2: 1.4, 3: 1 });
const still = zeros(23);

it("is healthy strictly between heights 1 and 2", () => {
  const options = environmentSpec("Humanoid-v5").options as unknown as HumanoidV5Options;
  const healthy = (z: number): boolean => isHealthy(withElements(standing, { 2: z }), options);
  expect([healthy(1), healthy(2), healthy(NaN)]).toEqual([false, false, false]);
  expect([healthy(1 + 1e-12), healthy(2 - 1e-12)]).toEqual([true, true]);
});

describe.each(["Humanoid-v5", "Humanoid-v4"])("%s", (id) => {
  const isV4 = id === "Humanoid-v4";

  it("pays survival in the terminating step in version 4 only", () =>
    using(id, {}, (environment) => {
      environment.setState(withElements(standing, { 2: 2.5 }), still);
      const { terminated, info } = environment.step(zeros(17));
      expect(terminated).toBe(true);
      expect(info[isV4 ? "reward_alive" : "reward_survive"]).toBe(isV4 ? 5 : 0);
    }));

  it("pays the velocity of the centre of mass and the cost of the action as given", () =>
    using(id, { forward_reward_weight: 2, ctrl_cost_weight: 0.5, healthy_reward: 3 }, (environment) => {
      environment.setState(withElements(standing, { 2: 1.9 }), withElements(still, { 0: 1.5, 1: -0.5 }));
      const { reward, info } = environment.step(withElements(zeros(17), { 0: 2, 5: -1 }));
      // Nothing holds it in the air, and motors inside cannot move its centre of mass
      // (but for their armature, inertia without a mass).
      expect(info.x_velocity).toBeCloseTo(1.5, 3);
      expect(info.y_velocity).toBeCloseTo(-0.5, 3);
      const contact = isV4 ? 0 : info.reward_contact;
      expect(reward).toBeCloseTo(2 * info.x_velocity + 3 - 0.5 * 5 + contact, 12);
    }));

  it("observes positions but x and y, then velocities", () =>
    using(id, {}, (environment) => {
      const qpos = [7, 8, 1.4, 1, 0, 0, 0, ...counting(17).map((value) => value / 100)];
      const observation = environment.setState(qpos, counting(23));
      expect([...observation.subarray(0, 45)]).toEqual([...qpos.slice(2), ...counting(23)]);
    }));
});

describe("derived quantities in the observation", () => {
  it("have the sizes and the order of Gymnasium's version 5", () =>
    using("Humanoid-v5", {}, (environment) => {
      environment.setState(standing, still);
      const { observation } = environment.step([0.4, ...zeros(16)]);
      const [inertia, velocity, forces, contacts] = [
        observation.subarray(45, 175),
        observation.subarray(175, 253),
        observation.subarray(253, 270),
        observation.subarray(270),
      ];
      // cinert ends each body's ten numbers with its mass; the torso comes first.
      expect(inertia[9]).toBeCloseTo(8.90746237048, 8);
      expect(velocity.some((value) => value !== 0)).toBe(true);
      // Action 0 is abdomen_y's, the second joint, with gear 100.
      expect([...forces]).toEqual(withElements(zeros(17), { 1: 40 }));
      expect(contacts).toHaveLength(78);
    }));

  it("can be left out one by one", async () => {
    const sizes = { cinert: 130, cvel: 78, qfrc_actuator: 17, cfrc_ext: 78 };
    const whole = await using("Humanoid-v5", {}, (environment) => environment.setState(standing, still));
    let start = 45;
    for (const [name, size] of Object.entries(sizes)) {
      const without = await using("Humanoid-v5", { [`include_${name}_in_observation`]: false }, (environment) => {
        expect(environment.spec.observationSize).toBe(348 - size);
        return environment.setState(standing, still);
      });
      expect([...without]).toEqual([...whole.subarray(0, start), ...whole.subarray(start + size)]);
      start += size;
    }
  });

  it("include the world's body and the root's degrees of freedom in version 4", () =>
    using("Humanoid-v4", {}, (environment) => {
      environment.setState(standing, still);
      const { observation } = environment.step([0.4, ...zeros(16)]);
      expect(observation).toHaveLength(376);
      expect([...observation.subarray(45, 55)]).toEqual(zeros(10));
      expect(observation[64]).toBeCloseTo(8.90746237048, 8);
      const forces = [...observation.subarray(45 + 140 + 84, 45 + 140 + 84 + 23)];
      expect(forces).toEqual(withElements(zeros(23), { 7: 40 }));
    }));
});

it("the contact cost is clipped to its range", () =>
  using("Humanoid-v5", { contact_cost_weight: 1, contact_cost_range: [2, 3] }, (environment) => {
    // Without contact the range's lower end is paid, on landing its upper one.
    environment.setState(withElements(standing, { 2: 1.9 }), still);
    expect(environment.step(zeros(17)).info.reward_contact).toBe(-2);
    environment.setState(withElements(standing, { 2: 1.2 }), withElements(still, { 2: -3 }));
    expect(environment.step(zeros(17)).info.reward_contact).toBe(-3);
  }));
