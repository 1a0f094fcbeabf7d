import { defineRobot } from "../locomotion.ts";
import { boolean, number, optionsOf, range, scale } from "../options.ts";
import { walker2d, type Walker2dVersion } from "./task.ts";

const TITLE = "Walker2d: a planar two-legged robot that walks forward";

function define(version: Walker2dVersion) {
  const id = `Walker2d-v${version}`;
  const reader = optionsOf(id, 1000, {
    forward_reward_weight: number.default(1),
    ctrl_cost_weight: number.default(1e-3),
    healthy_reward: number.default(1),
    terminate_when_unhealthy: boolean.default(true),
    healthy_z_range: range.default([0.8, 2]),
    healthy_angle_range: range.default([-1, 1]),
    reset_noise_scale: scale.default(5e-3),
    exclude_current_positions_from_observation: boolean.default(true),
  });
  return defineRobot(id, TITLE, reader, (options) => walker2d(version, options));
}

/** Gymnasium's Walker2d-v5 and Walker2d-v4, which differ in the right foot's friction, reward and info. */
export const definitions = [define(5), define(4)];
