import type { Info } from "../environment.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import { addUniform, append, appendClipped, inside, sumOfSquares, survivalFormula, survivalReward } from "../terms.ts";
import { whenUnhealthy } from "../termination.ts";
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
const VELOCITY_RANGE = [-10, 10] as const;

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
  const healthy = isHealthy(fields.qpos, fields.qvel, options);
  const forward = options.forward_reward_weight * velocity;
  const survive = survivalReward(version, healthy, options);
  const cost = options.ctrl_cost_weight * sumOfSquares(action);
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

/**
 * Velocities are observed clipped to ±10, so that one which leaves a wider `healthy_state_range`, as the default of ±100
 * is, cannot be seen to. What a model predicts beyond ±10 is judged as it is.
 */
const terminatedAt = (options: HopperOptions, firstPosition: number): Robot["terminatedAt"] =>
  whenUnhealthy({ positions: POSITIONS, firstPosition, velocities: VELOCITIES }, options, (qpos, qvel) =>
    isHealthy(qpos, qvel, options),
  );

export function hopper(version: HopperVersion, options: HopperOptions): Robot {
  const firstPosition = options.exclude_current_positions_from_observation ? 1 : 0;
  return {
    skeleton: "hopper",
    task: {
      observation: [
        { name: firstPosition > 0 ? "qpos without x" : "qpos", size: POSITIONS - firstPosition },
        { name: "qvel, clipped to ±10", size: VELOCITIES, range: VELOCITY_RANGE },
      ],
      reward: [
        { name: "reward_forward", formula: "forward_reward_weight · (x′ − x)/dt" },
        {
          name: "reward_survive",
          formula: survivalFormula(version),
        },
        { name: "reward_ctrl", formula: "−ctrl_cost_weight · ‖action‖²" },
      ],
      termination:
        "unhealthy: height z, pitch, or any of the other positions and velocities outside its healthy range",
    },
    xml: HOPPER_MJCF,
    frameSkip: 4,
    contactForces: false,
    carried: [],
    actionSize: 3,
    tracked: 1,
    perturb(random, qpos, qvel) {
      addUniform(random, qpos, options.reset_noise_scale);
      addUniform(random, qvel, options.reset_noise_scale);
    },
    observe({ qpos, qvel }, observation) {
      const end = append(qpos, firstPosition, observation, 0);
      appendClipped(qvel, 0, VELOCITY_RANGE, observation, end);
    },
    track({ qpos }, _model, before) {
      before[0] = qpos[0];
    },
    evaluate: (motion) => evaluate(motion, options, version),
    terminatedAt: terminatedAt(options, firstPosition),
    resetInfo: ({ qpos }, model): Info =>
      version === 4 ? {} : { x_position: qpos[0], z_distance_from_origin: qpos[1] - model.qpos0[1] },
  };
}
