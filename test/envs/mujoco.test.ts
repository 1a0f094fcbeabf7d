import { describe, expect, it } from "vitest";
import { make } from "../../envs/index.ts";
import { HOPPER_MJCF } from "../../envs/hopper/model.ts";
import { simulate, type Simulation } from "../../envs/mujoco.ts";
import { createRandom } from "../../src/random/index.ts";

const wide = `<mujoco><worldbody>${'<body><freejoint/><geom size="0.1"/></body>'.repeat(60)}</worldbody></mujoco>`;
const heapBytes = (simulation: Simulation): number => simulation.fields().qpos.buffer.byteLength;

describe("the adapter", () => {
  it("reports MuJoCo's message for a bad model, and works afterwards", async () => {
    await expect(simulate("<mujoco><worldbody><geom size='x'/></worldbody></mujoco>")).rejects.toThrow(
      /XML Error/,
    );
    const simulation = await simulate(HOPPER_MJCF);
    expect(simulation.fields().qpos).toHaveLength(6);
    simulation.close();
  });

  it("knows limited and unlimited actuators", async () => {
    const actuators = '<motor joint="j" ctrlrange="-2 3" ctrllimited="true"/><motor joint="j"/>';
    const simulation = await simulate(
      `<mujoco><worldbody><body><joint name="j"/><geom size="0.1"/></body></worldbody>
       <actuator>${actuators}</actuator></mujoco>`,
    );
    expect([...simulation.model.controlLow]).toEqual([-2, -Infinity]);
    expect([...simulation.model.controlHigh]).toEqual([3, Infinity]);
    simulation.close();
  });

  it("keeps simulations apart and alive when the memory that they share moves", async () => {
    const environment = await make("Hopper-v5");
    const undisturbed = await make("Hopper-v5");
    environment.reset({ seed: 1 });
    undisturbed.reset({ seed: 1 });
    const probe = await simulate(HOPPER_MJCF);
    const bytes = heapBytes(probe);
    const others: Simulation[] = [];
    while (heapBytes(probe) === bytes) {
      expect(environment.step([0.1, 0.2, 0.3])).toEqual(undisturbed.step([0.1, 0.2, 0.3]));
      others.push(await simulate(wide));
    }
    for (let i = 0; i < 50; i++) {
      for (const other of others) other.step([], 1);
      expect(environment.step([0.1, 0.2, 0.3])).toEqual(undisturbed.step([0.1, 0.2, 0.3]));
    }
    for (const each of [...others, probe, environment, undisturbed]) each.close();
  });

  it("gives the same motion whether or not contact forces are asked for", async () => {
    const [plain, asking] = [await simulate(HOPPER_MJCF), await simulate(HOPPER_MJCF)];
    const random = createRandom(5);
    let largestForce = 0;
    for (let i = 0; i < 500; i++) {
      const control = Float64Array.from({ length: 3 }, () => 2 * random.uniform() - 1);
      plain.step(control, 4);
      asking.step(control, 4);
      asking.contactForces();
      expect(asking.save()).toEqual(plain.save());
      largestForce = Math.max(largestForce, ...asking.fields().cfrc_ext);
    }
    expect(plain.fields().cfrc_ext.every((force) => force === 0)).toBe(true);
    // It did touch the ground: more than its own weight of 155 N.
    expect(largestForce).toBeGreaterThan(155);
    plain.close();
    asking.close();
  });

  it("tells of each kind of number that MuJoCo cannot go on with, in the first step and later", async () => {
    const simulation = await simulate(HOPPER_MJCF);
    const kinds = [
      ["qpos", NaN, "position"],
      ["qpos", 1e11, "position"],
      ["qvel", Infinity, "velocity"],
    ] as const;
    for (const [field, value, word] of kinds) {
      simulation.reset();
      simulation.fields()[field][2] = value;
      expect(() => simulation.step([0, 0, 0], 4)).toThrow(`a ${word} is too large or not a number`);
      // Not from time 0 either, where the restart of time shows it.
      simulation.reset();
      simulation.step([0, 0, 0], 4);
      simulation.fields()[field][2] = value;
      expect(() => simulation.step([0, 0, 0], 4)).toThrow(`a ${word} is too large or not a number`);
    }
    simulation.reset();
    simulation.step([0, 0, 0], 4);
    simulation.close();
  });

  it("refuses a state of another model", async () => {
    const [hopper, bodies] = [await simulate(HOPPER_MJCF), await simulate(wide)];
    expect(() => hopper.restore(bodies.save())).toThrow(/a state of \d+ numbers was expected/);
    hopper.close();
    bodies.close();
  });
});
