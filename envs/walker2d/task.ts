import type { Info } from "../environment.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import { addUniform, append, appendClipped, inside, sumOfSquares, survivalFormula, survivalReward } from "../terms.ts";
import { whenUnhealthy } from "../termination.ts";
import { walker2dMjcf } from "./model.ts";

/** Constructor options of Gymnasium's Walker2d, under its names. Ranges are open intervals. */
export interface Walker2dOptions {
  readonly forward_reward_weight: number;
  readonly ctrl_cost_weight: number;
  readonly healthy_reward: number;
  readonly terminate_when_unhealthy: boolean;
  /** Of the torso's height, metres. */
  readonly healthy_z_range: readonly [number, number];
  /** Of the torso's pitch, radians. */
  readonly healthy_angle_range: readonly [number, number];
  /** Half-width of the uniform noise on the initial positions and velocities. */
  readonly reset_noise_scale: number;
  /** Whether x is left out of the observation. */
  readonly exclude_current_positions_from_observation: boolean;
}

/** The right foot of 4 slides more easily, and 4 pays for survival in the step that ends the episode too. */
export type Walker2dVersion = 4 | 5;

const POSITIONS = 9;
const VELOCITIES = 9;
/** Observed velocities are clipped to this, m/s and rad/s. */
const VELOCITY_RANGE = [-10, 10] as const;

/** Whether the walker still stands: height and pitch strictly inside their ranges. */
export function isHealthy(qpos: ArrayLike<number>, options: Walker2dOptions): boolean {
  return inside(qpos[1], options.healthy_z_range) && inside(qpos[2], options.healthy_angle_range);
}

/** Forward velocity plus survival minus control cost; see {@link Walker2dOptions} for the weights. */
export function evaluate(motion: Motion, options: Walker2dOptions, version: Walker2dVersion): Transition {
  const { fields, model } = motion;
  const x = fields.qpos[0];
  const velocity = (x - motion.before[0]) / motion.dt;
  const healthy = isHealthy(fields.qpos, options);
  const forward = options.forward_reward_weight * velocity;
  const survive = survivalReward(version, healthy, options);
  const cost = options.ctrl_cost_weight * sumOfSquares(motion.action);
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

/** Height and pitch are always observed, so that all can be seen. */
const terminatedAt = (options: Walker2dOptions, firstPosition: number): Robot["terminatedAt"] =>
  whenUnhealthy({ positions: POSITIONS, firstPosition, velocities: VELOCITIES }, options, (qpos) =>
    isHealthy(qpos, options),
  );

export function walker2d(version: Walker2dVersion, options: Walker2dOptions): Robot {
  const firstPosition = options.exclude_current_positions_from_observation ? 1 : 0;
  return {
    skeleton: "walker2d",
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
      termination: "unhealthy: height z or pitch outside its healthy range",
    },
    xml: walker2dMjcf(version === 4 ? 0.9 : 1.9),
    frameSkip: 4,
    contactForces: false,
    carried: [],
    actionSize: 6,
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
