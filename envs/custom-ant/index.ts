import { defineRobot } from "../locomotion.ts";
import { boolean, number, optionsOf, range, scale } from "../options.ts";
import { CUSTOM_ANT_MJCF, DISABLED_ANT_MJCF } from "./model.ts";
import { customAnt } from "./task.ts";

function define(id: string, title: string, xml: string) {
  const reader = optionsOf(id, 500, {
    forward_reward_weight: number.default(1),
    ctrl_cost_weight: number.default(0.01),
    contact_cost_weight: number.default(5e-4),
    flipped_cost: number.default(1),
    contact_force_range: range.default([-1, 1]),
    reset_noise_scale: scale.default(0.1),
    exclude_current_positions_from_observation: boolean.default(true),
    include_cfrc_ext_in_observation: boolean.default(true),
  });
  return defineRobot(id, title, reader, (options) => customAnt(xml, options));
}

/** The ants of the transfer study, which differ in their bodies only. */
export const definitions = [
  define("CustomAnt-v0", "CustomAnt: the four-legged robot that rewards are learned on", CUSTOM_ANT_MJCF),
  define(
    "DisabledAnt-v0",
    "DisabledAnt: CustomAnt with two short and weak legs, to transfer rewards to",
    DISABLED_ANT_MJCF,
  ),
];
