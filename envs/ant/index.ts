import { defineRobot } from "../locomotion.ts";
import { boolean, number, optionsOf, range, scale } from "../options.ts";
import { antV4, antV5 } from "./task.ts";

const TITLE = "Ant: a four-legged robot that walks in space";

const common = {
  ctrl_cost_weight: number.default(0.5),
  contact_cost_weight: number.default(5e-4),
  healthy_reward: number.default(1),
  terminate_when_unhealthy: boolean.default(true),
  healthy_z_range: range.default([0.2, 1]),
  contact_force_range: range.default([-1, 1]),
  reset_noise_scale: scale.default(0.1),
  exclude_current_positions_from_observation: boolean.default(true),
};

const v5 = optionsOf("Ant-v5", 1000, {
  forward_reward_weight: number.default(1),
  ...common,
  include_cfrc_ext_in_observation: boolean.default(true),
});

const v4 = optionsOf("Ant-v4", 1000, { ...common, use_contact_forces: boolean.default(false) });

/** Gymnasium's Ant-v5 and Ant-v4, which differ in what they make of contact forces, in reward and info. */
export const definitions = [
  defineRobot("Ant-v5", TITLE, v5, antV5),
  defineRobot("Ant-v4", TITLE, v4, antV4),
];
