import type { EnvironmentDefinition } from "../environment.ts";
import { createLocomotion } from "../locomotion.ts";
import { boolean, number, optionsOf, range } from "../options.ts";
import { hopper, type HopperVersion } from "./task.ts";

function define(version: HopperVersion): EnvironmentDefinition {
  const id = `Hopper-v${version}`;
  const reader = optionsOf(id, 1000, {
    forward_reward_weight: number.default(1),
    ctrl_cost_weight: number.default(1e-3),
    healthy_reward: number.default(1),
    terminate_when_unhealthy: boolean.default(true),
    healthy_state_range: range.default([-100, 100]),
    healthy_z_range: range.default([0.7, Infinity]),
    healthy_angle_range: range.default([-0.2, 0.2]),
    reset_noise_scale: number.min(0, "must not be negative").default(5e-3),
    exclude_current_positions_from_observation: boolean.default(true),
  });
  const spec = {
    id,
    title: "Hopper: a planar one-legged robot that hops forward",
    observationSize: hopper(version, reader.defaults).observationSize,
    actionSize: 3,
    maxEpisodeSteps: reader.defaults.max_episode_steps,
    options: reader.defaults,
  };
  return {
    spec,
    async create(given) {
      const options = reader.read(given);
      const robot = hopper(version, options);
      const { observationSize } = robot;
      return createLocomotion(
        { ...spec, observationSize, maxEpisodeSteps: options.max_episode_steps, options },
        robot,
      );
    },
  };
}

/** Gymnasium's Hopper-v5 and Hopper-v4, which differ in their reward and info. */
export const definitions = [define(5), define(4)];
