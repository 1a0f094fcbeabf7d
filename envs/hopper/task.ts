import type { Info } from "../environment.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import { HOPPER_MJCF } from "./model.ts";

/** Constructor options of Gymnasium's Hopper, under its names. Ranges are open intervals. */
export interface HopperOptions {
  readonly forward_reward_weight: number;
  readonly ctrl_cost_weight: number;
  readonly healthy_reward: number;
  readonly terminate_when_unhealthy: boolean;
  /** Of every position and velocity but x and z, both in SI units. */
  readonly healthy_state_range: readonly [number, number];
  /** Of the torso's height, metres. */
  readonly healthy_z_range: readonly [number, number];
  /** Of the torso's pitch, radians. */
  readonly healthy_angle_range: readonly [number, number];
  /** Half-width of the uniform noise on the initial positions and velocities. */
  readonly reset_noise_scale: number;
  /** Whether x is left out of the observation. */
  readonly exclude_current_positions_from_observation: boolean;
}

/** The reward of 4 pays for survival in the step that ends the episode too; 5 does not. Physics are the same. */
export type HopperVersion = 4 | 5;

const POSITIONS = 6;
const VELOCITIES = 6;
/** Observed velocities are clipped to this, m/s and rad/s. */
const VELOCITY_LIMIT = 10;

const inside = (x: number, [low, high]: readonly [number, number]): boolean => low < x && x < high;

/** Whether the hopper still stands: height, pitch, and all other coordinates strictly inside their ranges. */
export function isHealthy(qpos: ArrayLike<number>, qvel: ArrayLike<number>, options: HopperOptions): boolean {
  if (!inside(qpos[1], options.healthy_z_range) || !inside(qpos[2], options.healthy_angle_range))
    return false;
  for (let i = 2; i < POSITIONS; i++) if (!inside(qpos[i], options.healthy_state_range)) return false;
  for (let i = 0; i < VELOCITIES; i++) if (!inside(qvel[i], options.healthy_state_range)) return false;
  return true;
}

/** Forward velocity plus survival minus control cost; see {@link HopperOptions} for the weights. */
export function evaluate(motion: Motion, options: HopperOptions, version: HopperVersion): Transition {
  const { fields, model, action } = motion;
  const x = fields.qpos[0];
  const velocity = (x - motion.before[0]) / motion.dt;
  let squares = 0;
  for (let i = 0; i < action.length; i++) squares += action[i] * action[i];
  const healthy = isHealthy(fields.qpos, fields.qvel, options);
  const forward = options.forward_reward_weight * velocity;
  const survives = version === 4 ? healthy || options.terminate_when_unhealthy : healthy;
  const survive = survives ? options.healthy_reward : 0;
  const cost = options.ctrl_cost_weight * squares;
  return {
    reward: forward + survive - cost,
    terminated: !healthy && options.terminate_when_unhealthy,
    info:
      version === 4
        ? { x_position: x, x_velocity: velocity }
        : {
            x_position: x,
            z_distance_from_origin: fields.qpos[1] - model.qpos0[1],
            x_velocity: velocity,
            reward_forward: forward,
            reward_ctrl: 0 - cost,
            reward_survive: survive,
          },
  };
}

export function hopper(version: HopperVersion, options: HopperOptions): Robot {
  const firstPosition = options.exclude_current_positions_from_observation ? 1 : 0;
  const observedPositions = POSITIONS - firstPosition;
  const noise = options.reset_noise_scale;
  return {
    xml: HOPPER_MJCF,
    frameSkip: 4,
    contactForces: false,
    carried: [],
    observationSize: observedPositions + VELOCITIES,
    tracked: 1,
    perturb(random, qpos, qvel) {
      for (let i = 0; i < POSITIONS; i++) qpos[i] += noise * (2 * random.uniform() - 1);
      for (let i = 0; i < VELOCITIES; i++) qvel[i] += noise * (2 * random.uniform() - 1);
    },
    observe({ qpos, qvel }, observation) {
      for (let i = 0; i < observedPositions; i++) observation[i] = qpos[firstPosition + i];
      for (let i = 0; i < VELOCITIES; i++) {
        observation[observedPositions + i] = Math.max(-VELOCITY_LIMIT, Math.min(VELOCITY_LIMIT, qvel[i]));
      }
    },
    track({ qpos }, _model, before) {
      before[0] = qpos[0];
    },
    evaluate: (motion) => evaluate(motion, options, version),
    resetInfo: ({ qpos }, model): Info =>
      version === 4 ? {} : { x_position: qpos[0], z_distance_from_origin: qpos[1] - model.qpos0[1] },
  };
}
