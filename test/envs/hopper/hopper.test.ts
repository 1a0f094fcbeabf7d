import { describe, expect, it } from "vitest";
import { isHealthy, type HopperOptions } from "../../../envs/hopper/task.ts";
import { createRandom } from "../../../src/random/index.ts";
import { make } from "../../../envs/index.ts";
import { using } from "../using.ts";

const upright = [0, 1.25, 0, 0, 0, 0];
const still = [0, 0, 0, 0, 0, 0];

describe("healthy ranges", () => {
  const defaults: HopperOptions = {
    forward_reward_weight: 1,
    ctrl_cost_weight: 1e-3,
    healthy_reward: 1,
    terminate_when_unhealthy: true,
    healthy_state_range: [-100, 100],
    healthy_z_range: [0.7, Infinity],
    healthy_angle_range: [-0.2, 0.2],
    reset_noise_scale: 5e-3,
    exclude_current_positions_from_observation: true,
  };
  const withQpos = (i: number, x: number): boolean =>
    isHealthy(
      upright.map((value, k) => (k === i ? x : value)),
      still,
      defaults,
    );
  const withQvel = (i: number, x: number): boolean =>
    isHealthy(
      upright,
      still.map((value, k) => (k === i ? x : value)),
      defaults,
    );
  const justBelow = (x: number): number => x * (1 - 2 ** -52);

  it("are open at height 0.7 and pitch ±0.2", () => {
    expect(withQpos(1, 0.7)).toBe(false);
    expect(withQpos(1, 0.7 * (1 + 2 ** -52))).toBe(true);
    expect(withQpos(1, 1e9)).toBe(true);
    for (const side of [-1, 1]) {
      expect(withQpos(2, side * 0.2)).toBe(false);
      expect(withQpos(2, side * justBelow(0.2))).toBe(true);
    }
  });

  it("bound every joint and every velocity, but neither x nor z", () => {
    for (const side of [-1, 1]) {
      for (const joint of [3, 4, 5]) {
        expect(withQpos(joint, side * 100)).toBe(false);
        expect(withQpos(joint, side * justBelow(100))).toBe(true);
      }
      for (let i = 0; i < 6; i++) {
        expect(withQvel(i, side * 100)).toBe(false);
        expect(withQvel(i, side * justBelow(100))).toBe(true);
      }
      expect(withQpos(0, side * 1e6)).toBe(true);
    }
    expect(withQpos(3, NaN)).toBe(false);
    expect(withQvel(0, NaN)).toBe(false);
  });
});

describe.each(["Hopper-v5", "Hopper-v4"])("%s", (id) => {
  const fallen = [0, 1.25, 0.5, 0, 0, 0];

  it("pays velocity, survival and the cost of the action as given", () =>
    using(id, {}, (environment) => {
      environment.setState(upright, still);
      const x = environment.qpos[0];
      // Beyond the control range: actuators clip, the cost does not.
      const action = [3, -0.5, 0.25];
      const { reward, info, terminated } = environment.step(action);
      const velocity = (environment.qpos[0] - x) / 0.008;
      expect(terminated).toBe(false);
      expect(reward).toBeCloseTo(velocity + 1 - 1e-3 * (9 + 0.25 + 0.0625), 12);
      expect(info.x_velocity).toBeCloseTo(velocity, 12);
      const beyond = environment.qvel;
      environment.setState(upright, still);
      environment.step([1, -0.5, 0.25]);
      expect(environment.qvel).toEqual(beyond);
    }));

  it("weighs its terms as its options say", () =>
    using(
      id,
      { forward_reward_weight: 2, ctrl_cost_weight: 0.1, healthy_reward: 3, healthy_z_range: [1, 2] },
      (environment) => {
        environment.setState(upright, still);
        const { reward, info } = environment.step([0.5, 0.5, 0]);
        expect(reward).toBeCloseTo(2 * info.x_velocity + 3 - 0.1 * 0.5, 12);
        environment.setState([0, 2.01, 0, 0, 0, 0], still);
        expect(environment.step([0, 0, 0]).terminated).toBe(true);
      },
    ));

  it("pays survival in the terminating step in version 4 only", () =>
    using(id, {}, (environment) => {
      environment.setState(fallen, still);
      const { reward, terminated, truncated, info } = environment.step([0, 0, 0]);
      expect([terminated, truncated]).toEqual([true, false]);
      expect(reward).toBeCloseTo(info.x_velocity + (id === "Hopper-v4" ? 1 : 0), 12);
    }));

  it("goes on, unpaid, where falling does not terminate", () =>
    using(id, { terminate_when_unhealthy: false }, (environment) => {
      environment.setState(fallen, still);
      const { reward, terminated, info } = environment.step([0, 0, 0]);
      expect(terminated).toBe(false);
      expect(reward).toBeCloseTo(info.x_velocity, 12);
    }));

  it("observes positions but x, and velocities clipped to 10", () =>
    using(id, {}, (environment) => {
      const observation = environment.setState([7, 1.5, 0.1, -0.2, -0.3, 0.4], [1, -2, 30, -40, 5, 10.5]);
      expect([...observation]).toEqual([1.5, 0.1, -0.2, -0.3, 0.4, 1, -2, 10, -10, 5, 10]);
    }));

  it("observes x too when asked", () =>
    using(id, { exclude_current_positions_from_observation: false }, (environment) => {
      expect(environment.spec.observationSize).toBe(12);
      expect(environment.observationSpace.shape).toEqual([12]);
      const observation = environment.setState([7, 1.5, 0.1, -0.2, -0.3, 0.4], [1, 2, 3, 4, 5, 6]);
      expect([...observation]).toEqual([7, 1.5, 0.1, -0.2, -0.3, 0.4, 1, 2, 3, 4, 5, 6]);
    }));

  it("starts within the reset noise of the model's initial state", () =>
    using(id, { reset_noise_scale: 0.02 }, (environment) => {
      const largest = new Float64Array(12);
      for (let i = 0; i < 400; i++) {
        const { info } = environment.reset();
        const deviation = [...environment.qpos.map((x, k) => x - upright[k]), ...environment.qvel];
        deviation.forEach((x, k) => (largest[k] = Math.max(largest[k], Math.abs(x))));
        expect(Object.keys(info)).toEqual(id === "Hopper-v4" ? [] : ["x_position", "z_distance_from_origin"]);
      }
      for (const x of largest) {
        expect(x).toBeLessThanOrEqual(0.02 * (1 + 1e-12));
        expect(x).toBeGreaterThan(0.0195);
      }
    }));

  it("has three actuators between -1 and 1", () =>
    using(id, {}, ({ actionSpace }) => {
      expect([...actionSpace.low]).toEqual([-1, -1, -1]);
      expect([...actionSpace.high]).toEqual([1, 1, 1]);
    }));

  it.each([
    [{ healthy_reward: "1" }, '"healthy_reward" must be a finite number, got "1"'],
    [{ healthy_reward: NaN }, '"healthy_reward" must be a finite number, got NaN'],
    [{ terminate_when_unhealthy: 1 }, '"terminate_when_unhealthy" must be true or false, got 1'],
    [{ healthy_z_range: 0.7 }, '"healthy_z_range" must be a pair of numbers [low, high], got 0.7'],
    [{ healthy_z_range: [1, NaN] }, '"healthy_z_range" must be a pair of numbers [low, high], got [1,null]'],
    [{ healthy_angle_range: [1, 0] }, '"healthy_angle_range" must have low <= high, got [1,0]'],
    [{ reset_noise_scale: -1 }, '"reset_noise_scale" must not be negative, got -1'],
  ])("refuses %j", async (options, message) => {
    await expect(make(id, options)).rejects.toThrow(`${id}: option ${message}`);
  });

  it("says so when MuJoCo gives up a state, and recovers by a reset", () =>
    using(id, {}, (environment) => {
      environment.setState(upright, [0, 0, 1e11, 0, 0, 0]);
      expect(() => environment.step([0, 0, 0])).toThrow(`${id}: the simulation became unstable`);
      expect(() => environment.step([0, 0, 0])).toThrow("call reset()");
      environment.reset({ seed: 1 });
      expect(environment.step([0, 0, 0]).observation.every(Number.isFinite)).toBe(true);
    }));
});

describe("reset noise", () => {
  it("is drawn from the environment's own generator, positions first", () =>
    using("Hopper-v5", {}, (environment) => {
      environment.reset({ seed: 31 });
      const random = createRandom(31);
      for (const [k, x] of [...environment.qpos, ...environment.qvel].entries()) {
        expect(x).toBe((k < 6 ? upright[k] : 0) + 5e-3 * (2 * random.uniform() - 1));
      }
    }));
});
