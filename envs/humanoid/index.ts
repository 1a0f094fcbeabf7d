import { defineRobot } from "../locomotion.ts";
import { boolean, number, optionsOf, range, scale } from "../options.ts";
import { humanoidV4, humanoidV5 } from "./task.ts";

const TITLE = "Humanoid: a two-legged robot with arms that walks in space";

const common = {
  forward_reward_weight: number.default(1.25),
  ctrl_cost_weight: number.default(0.1),
  healthy_reward: number.default(5),
  terminate_when_unhealthy: boolean.default(true),
  healthy_z_range: range.default([1, 2]),
  reset_noise_scale: scale.default(1e-2),
  exclude_current_positions_from_observation: boolean.default(true),
};

const v5 = optionsOf("Humanoid-v5", 1000, {
  ...common,
  contact_cost_weight: number.default(5e-7),
  contact_cost_range: range.default([-Infinity, 10]),
  include_cinert_in_observation: boolean.default(true),
  include_cvel_in_observation: boolean.default(true),
  include_qfrc_actuator_in_observation: boolean.default(true),
  include_cfrc_ext_in_observation: boolean.default(true),
});

const v4 = optionsOf("Humanoid-v4", 1000, common);

/** Gymnasium's Humanoid-v5 and Humanoid-v4, which differ in contact costs, in what is observed, and in their info. */
export const definitions = [
  defineRobot("Humanoid-v5", TITLE, v5, humanoidV5),
  defineRobot("Humanoid-v4", TITLE, v4, humanoidV4),
];
