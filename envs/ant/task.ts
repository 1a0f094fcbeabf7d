import type { Info } from "../environment.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import type { PhysicsFields } from "../mujoco.ts";
import { addNormal, addUniform, append, appendClipped, clip, sumOfSquares, survivalFormula, survivalReward } from "../terms.ts";
import { whenUnhealthy } from "../termination.ts";
import { ANT_MJCF } from "./model.ts";

/** Constructor options that Gymnasium's Ant has in both versions, under its names. */
interface CommonOptions {
  readonly ctrl_cost_weight: number;
  readonly contact_cost_weight: number;
  readonly healthy_reward: number;
  readonly terminate_when_unhealthy: boolean;
  /** Of the torso's height, metres; a closed interval. */
  readonly healthy_z_range: readonly [number, number];
  /** Contact forces are clipped to this, N and N·m. */
  readonly contact_force_range: readonly [number, number];
  /** Half-width of the uniform noise on the initial positions, standard deviation of the one on the velocities. */
  readonly reset_noise_scale: number;
  /** Whether x and y are left out of the observation. */
  readonly exclude_current_positions_from_observation: boolean;
}

export interface AntV5Options extends CommonOptions {
  readonly forward_reward_weight: number;
  /** Whether the observation has the contact forces of all bodies but the world. */
  readonly include_cfrc_ext_in_observation: boolean;
}

export interface AntV4Options extends CommonOptions {
  /** Whether the observation has the contact forces of all bodies, the world's zeros first, and the reward their cost. */
  readonly use_contact_forces: boolean;
}

/** Both versions in one form. */
interface AntOptions extends CommonOptions {
  readonly version: 4 | 5;
  readonly forward_reward_weight: number;
  readonly contactCost: boolean;
  /** First body whose contact forces are observed; none are when it is undefined. */
  readonly firstContactBody: number | undefined;
}

const POSITIONS = 15;
const VELOCITIES = 14;
const BODIES = 14;
/** xpos has three numbers for each body: those of body 1, the torso, begin here. */
const TORSO = 3;
/** Numbers of cfrc_ext per body: torque, then force. */
const FORCES = 6;

/** Whether everything is finite and the torso's height in the closed range. */
export function isHealthy(
  qpos: ArrayLike<number>,
  qvel: ArrayLike<number>,
  [low, high]: readonly [number, number],
): boolean {
  for (let i = 0; i < POSITIONS; i++) if (!Number.isFinite(qpos[i])) return false;
  for (let i = 0; i < VELOCITIES; i++) if (!Number.isFinite(qvel[i])) return false;
  return low <= qpos[2] && qpos[2] <= high;
}

/** Sum of squares of all contact forces, each clipped to the range. */
export function contactSquares({ cfrc_ext }: PhysicsFields, [low, high]: readonly [number, number]): number {
  let sum = 0;
  for (let i = 0; i < cfrc_ext.length; i++) {
    const force = clip(cfrc_ext[i], low, high);
    sum += force * force;
  }
  return sum;
}

/** Forward velocity plus survival minus costs of control and contact; see {@link AntV5Options} for the weights. */
function evaluate({ fields, before, action, dt }: Motion, options: AntOptions): Transition {
  const { version } = options;
  const { qpos, xpos } = fields;
  const xVelocity = (xpos[TORSO] - before[0]) / dt;
  const yVelocity = (xpos[TORSO + 1] - before[1]) / dt;
  const healthy = isHealthy(qpos, fields.qvel, options.healthy_z_range);
  const forward = options.forward_reward_weight * xVelocity;
  const survive = survivalReward(version, healthy, options);
  const control = options.ctrl_cost_weight * sumOfSquares(action);
  const contact = options.contactCost
    ? options.contact_cost_weight * contactSquares(fields, options.contact_force_range)
    : 0;
  return {
    reward: forward + survive - (control + contact),
    terminated: !healthy && options.terminate_when_unhealthy,
    info:
      version === 4
        ? {
            reward_forward: forward,
            // Gymnasium's v4 writes the contact cost over the control cost where it has one.
            reward_ctrl: 0 - (options.contactCost ? contact : control),
            reward_survive: survive,
            x_position: xpos[TORSO],
            y_position: xpos[TORSO + 1],
            distance_from_origin: Math.hypot(xpos[TORSO], xpos[TORSO + 1]),
            x_velocity: xVelocity,
            y_velocity: yVelocity,
            forward_reward: forward,
          }
        : {
            ...place(qpos),
            x_velocity: xVelocity,
            y_velocity: yVelocity,
            reward_forward: forward,
            reward_ctrl: 0 - control,
            reward_contact: 0 - contact,
            reward_survive: survive,
          },
  };
}

/**
 * The rule asks x and y to be finite, which cannot be seen where they are left out; contact forces, observed or not, it
 * does not ask.
 */
const terminatedAt = (options: AntOptions, firstPosition: number): Robot["terminatedAt"] =>
  whenUnhealthy({ positions: POSITIONS, firstPosition, velocities: VELOCITIES }, options, (qpos, qvel) =>
    isHealthy(qpos, qvel, options.healthy_z_range),
  );

const place = (qpos: Float64Array): Info => ({
  x_position: qpos[0],
  y_position: qpos[1],
  distance_from_origin: Math.hypot(qpos[0], qpos[1]),
});

function ant(options: AntOptions): Robot {
  const { version, firstContactBody } = options;
  const firstPosition = options.exclude_current_positions_from_observation ? 2 : 0;
  const observesContacts = firstContactBody !== undefined;
  const contactForces = observesContacts || options.contactCost;
  return {
    skeleton: "ant",
    task: {
      observation: [
        { name: firstPosition > 0 ? "qpos without x and y" : "qpos", size: POSITIONS - firstPosition },
        { name: "qvel", size: VELOCITIES },
        ...(observesContacts
          ? [
              {
                name: `cfrc_ext, clipped to ${options.contact_force_range.join(" … ")}`,
                size: FORCES * (BODIES - firstContactBody),
                range: options.contact_force_range,
              },
            ]
          : []),
      ],
      reward: [
        {
          name: "reward_forward",
          formula: `${version === 4 ? "" : "forward_reward_weight · "}(x′ − x)/dt of the torso's body frame`,
        },
        { name: "reward_survive", formula: survivalFormula(version) },
        { name: "reward_ctrl", formula: "−ctrl_cost_weight · ‖action‖²" },
        ...(options.contactCost
          ? [
              {
                name: version === 4 ? "(in reward_ctrl)" : "reward_contact",
                formula: "−contact_cost_weight · ‖clip(cfrc_ext′, contact_force_range)‖²",
              },
            ]
          : []),
      ],
      termination: "unhealthy: height z outside its healthy range, or a number that is not finite",
    },
    xml: ANT_MJCF,
    frameSkip: 5,
    contactForces,
    carried: contactForces ? ["xpos", "cfrc_ext"] : ["xpos"],
    actionSize: 8,
    tracked: 2,
    perturb(random, qpos, qvel) {
      addUniform(random, qpos, options.reset_noise_scale);
      addNormal(random, qvel, options.reset_noise_scale);
    },
    observe({ qpos, qvel, cfrc_ext }, observation) {
      let end = append(qpos, firstPosition, observation, 0);
      end = append(qvel, 0, observation, end);
      if (observesContacts) {
        appendClipped(cfrc_ext, FORCES * firstContactBody, options.contact_force_range, observation, end);
      }
    },
    track({ xpos }, _model, before) {
      before[0] = xpos[TORSO];
      before[1] = xpos[TORSO + 1];
    },
    evaluate: (motion) => evaluate(motion, options),
    terminatedAt: terminatedAt(options, firstPosition),
    resetInfo: ({ qpos }) => (version === 4 ? {} : place(qpos)),
  };
}

export const antV5 = (options: AntV5Options): Robot =>
  ant({
    ...options,
    version: 5,
    contactCost: true,
    firstContactBody: options.include_cfrc_ext_in_observation ? 1 : undefined,
  });

export const antV4 = (options: AntV4Options): Robot =>
  ant({
    ...options,
    version: 4,
    forward_reward_weight: 1,
    contactCost: options.use_contact_forces,
    firstContactBody: options.use_contact_forces ? 0 : undefined,
  });
