import type { Info } from "../environment.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import { addNormal, addUniform, append, sumOfSquares } from "../terms.ts";
import { never } from "../termination.ts";
import { HALF_CHEETAH_MJCF } from "./model.ts";

/** Constructor options of Gymnasium's HalfCheetah, under its names. */
export interface HalfCheetahOptions {
  readonly forward_reward_weight: number;
  readonly ctrl_cost_weight: number;
  /** Half-width of the uniform noise on the initial positions, standard deviation of the one on the velocities. */
  readonly reset_noise_scale: number;
  /** Whether x is left out of the observation. */
  readonly exclude_current_positions_from_observation: boolean;
}

/** 4 and 5 differ in their info only. */
export type HalfCheetahVersion = 4 | 5;

const POSITIONS = 9;
const VELOCITIES = 9;

/** Forward velocity minus control cost; the cheetah may lie on its back. */
export function evaluate(
  { fields, before, action, dt }: Motion,
  options: HalfCheetahOptions,
  version: HalfCheetahVersion,
): Transition {
  const x = fields.qpos[0];
  const velocity = (x - before[0]) / dt;
  const forward = options.forward_reward_weight * velocity;
  const cost = options.ctrl_cost_weight * sumOfSquares(action);
  return {
    reward: forward - cost,
    terminated: false,
    info:
      version === 4
        ? { x_position: x, x_velocity: velocity, reward_run: forward, reward_ctrl: 0 - cost }
        : { x_position: x, x_velocity: velocity, reward_forward: forward, reward_ctrl: 0 - cost },
  };
}

export function halfCheetah(version: HalfCheetahVersion, options: HalfCheetahOptions): Robot {
  const firstPosition = options.exclude_current_positions_from_observation ? 1 : 0;
  return {
    skeleton: "half-cheetah",
    task: {
      observation: [
        { name: firstPosition > 0 ? "qpos without x" : "qpos", size: POSITIONS - firstPosition },
        { name: "qvel", size: VELOCITIES },
      ],
      reward: [
        {
          name: version === 4 ? "reward_run" : "reward_forward",
          formula: "forward_reward_weight · (x′ − x)/dt",
        },
        { name: "reward_ctrl", formula: "−ctrl_cost_weight · ‖action‖²" },
      ],
      termination: "never",
    },
    xml: HALF_CHEETAH_MJCF,
    frameSkip: 5,
    contactForces: false,
    carried: [],
    actionSize: 6,
    tracked: 1,
    perturb(random, qpos, qvel) {
      addUniform(random, qpos, options.reset_noise_scale);
      addNormal(random, qvel, options.reset_noise_scale);
    },
    observe({ qpos, qvel }, observation) {
      const end = append(qpos, firstPosition, observation, 0);
      append(qvel, 0, observation, end);
    },
    track({ qpos }, _model, before) {
      before[0] = qpos[0];
    },
    evaluate: (motion) => evaluate(motion, options, version),
    terminatedAt: never,
    resetInfo: ({ qpos }): Info => (version === 4 ? {} : { x_position: qpos[0] }),
  };
}
