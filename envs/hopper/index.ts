import { defineRobot } from "../locomotion.ts";
import { boolean, number, optionsOf, range, scale } from "../options.ts";
import { hopper, type HopperVersion } from "./task.ts";

const TITLE = "Hopper: a planar one-legged robot that hops forward";

function define(version: HopperVersion) {
  const id = `Hopper-v${version}`;
  const reader = optionsOf(id, 1000, {
    forward_reward_weight: number.default(1),
    ctrl_cost_weight: number.default(1e-3),
    healthy_reward: number.default(1),
    terminate_when_unhealthy: boolean.default(true),
    healthy_state_range: range.default([-100, 100]),
    healthy_z_range: range.default([0.7, Infinity]),
    healthy_angle_range: range.default([-0.2, 0.2]),
    reset_noise_scale: scale.default(5e-3),
    exclude_current_positions_from_observation: boolean.default(true),
  });
  return defineRobot(id, TITLE, reader, (options) => hopper(version, options));
}

/** Gymnasium's Hopper-v5 and Hopper-v4, which differ in their reward and info. */
export const definitions = [define(5), define(4)];
