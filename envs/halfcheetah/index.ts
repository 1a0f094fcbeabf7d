import { defineRobot } from "../locomotion.ts";
import { boolean, number, optionsOf, scale } from "../options.ts";
import { halfCheetah, type HalfCheetahVersion } from "./task.ts";

const TITLE = "HalfCheetah: a planar two-legged robot that runs forward";

function define(version: HalfCheetahVersion) {
  const id = `HalfCheetah-v${version}`;
  const reader = optionsOf(id, 1000, {
    forward_reward_weight: number.default(1),
    ctrl_cost_weight: number.default(0.1),
    reset_noise_scale: scale.default(0.1),
    exclude_current_positions_from_observation: boolean.default(true),
  });
  return defineRobot(id, TITLE, reader, (options) => halfCheetah(version, options));
}

/** Gymnasium's HalfCheetah-v5 and HalfCheetah-v4, which differ in their info. */
export const definitions = [define(5), define(4)];
