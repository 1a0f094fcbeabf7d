import type { Info } from "../environment.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import type { ModelFacts, PhysicsField, PhysicsFields } from "../mujoco.ts";
import { addUniform, append, clip, inside, sumOfSquares, survivalFormula, survivalReward } from "../terms.ts";
import { whenUnhealthy } from "../termination.ts";
import { HUMANOID_MJCF } from "./model.ts";

/** Constructor options that Gymnasium's Humanoid has in both versions, under its names. */
export interface HumanoidV4Options {
  readonly forward_reward_weight: number;
  readonly ctrl_cost_weight: number;
  readonly healthy_reward: number;
  readonly terminate_when_unhealthy: boolean;
  /** Of the torso's height, metres; an open interval. */
  readonly healthy_z_range: readonly [number, number];
  /** Half-width of the uniform noise on the initial positions and velocities. */
  readonly reset_noise_scale: number;
  /** Whether x and y are left out of the observation. */
  readonly exclude_current_positions_from_observation: boolean;
}

export interface HumanoidV5Options extends HumanoidV4Options {
  readonly contact_cost_weight: number;
  /** The weighted contact cost is clipped to this. */
  readonly contact_cost_range: readonly [number, number];
  readonly include_cinert_in_observation: boolean;
  readonly include_cvel_in_observation: boolean;
  readonly include_qfrc_actuator_in_observation: boolean;
  readonly include_cfrc_ext_in_observation: boolean;
}

const POSITIONS = 24;
const VELOCITIES = 23;
const BODIES = 14;
/** Degrees of freedom of the root, which no motor drives. */
const ROOT = 6;

/** A derived quantity that is observed: where it begins in the observation's copy, and its total size in MuJoCo. */
interface ObservedField {
  readonly field: PhysicsField;
  readonly first: number;
  readonly size: number;
}

/** In the observation's order; `skip` leaves out the world's body and the root's degrees of freedom. */
const derived = (skip: boolean): readonly ObservedField[] => [
  { field: "cinert", first: skip ? 10 : 0, size: 10 * BODIES },
  { field: "cvel", first: skip ? 6 : 0, size: 6 * BODIES },
  { field: "qfrc_actuator", first: skip ? ROOT : 0, size: VELOCITIES },
  { field: "cfrc_ext", first: skip ? 6 : 0, size: 6 * BODIES },
];

/** Both versions in one form. */
interface HumanoidOptions extends HumanoidV4Options {
  readonly version: 4 | 5;
  readonly contactCost:
    { readonly weight: number; readonly range: readonly [number, number] } | undefined;
  readonly observed: readonly ObservedField[];
}

/** Whether the torso's height is strictly inside its range. */
export function isHealthy(qpos: ArrayLike<number>, options: HumanoidV4Options): boolean {
  return inside(qpos[2], options.healthy_z_range);
}

/** Writes x and y of the centre of mass to `target`. */
function centerOfMass({ xipos }: PhysicsFields, { bodyMass }: ModelFacts, target: Float64Array): void {
  let mass = 0;
  let x = 0;
  let y = 0;
  for (let body = 0; body < BODIES; body++) {
    mass += bodyMass[body];
    x += bodyMass[body] * xipos[3 * body];
    y += bodyMass[body] * xipos[3 * body + 1];
  }
  target[0] = x / mass;
  target[1] = y / mass;
}

/** Forward velocity of the centre of mass plus survival minus costs of control and, in version 5, contact. */
function evaluate(motion: Motion, options: HumanoidOptions, after: Float64Array): Transition {
  const { fields, before, action, dt } = motion;
  const { version, contactCost } = options;
  centerOfMass(fields, motion.model, after);
  const xVelocity = (after[0] - before[0]) / dt;
  const yVelocity = (after[1] - before[1]) / dt;
  const healthy = isHealthy(fields.qpos, options);
  const forward = options.forward_reward_weight * xVelocity;
  const survive = survivalReward(version, healthy, options);
  const control = options.ctrl_cost_weight * sumOfSquares(action);
  const contact = contactCost
    ? clip(contactCost.weight * sumOfSquares(fields.cfrc_ext), ...contactCost.range)
    : 0;
  return {
    reward: forward + survive - (control + contact),
    terminated: !healthy && options.terminate_when_unhealthy,
    info:
      version === 4
        ? {
            reward_linvel: forward,
            reward_quadctrl: 0 - control,
            reward_alive: survive,
            x_position: after[0],
            y_position: after[1],
            distance_from_origin: Math.hypot(after[0], after[1]),
            x_velocity: xVelocity,
            y_velocity: yVelocity,
            forward_reward: forward,
          }
        : {
            ...place(fields),
            x_velocity: xVelocity,
            y_velocity: yVelocity,
            reward_survive: survive,
            reward_forward: forward,
            reward_ctrl: 0 - control,
            reward_contact: 0 - contact,
          },
  };
}

/** The height is always observed, so that all can be seen. */
const terminatedAt = (options: HumanoidOptions, firstPosition: number): Robot["terminatedAt"] =>
  whenUnhealthy({ positions: POSITIONS, firstPosition, velocities: VELOCITIES }, options, (qpos) =>
    isHealthy(qpos, options),
  );

/** Gymnasium has arrays of two tendons, left and right; here each number has a name of its own. */
const place = ({ qpos, ten_length, ten_velocity }: PhysicsFields): Info => ({
  x_position: qpos[0],
  y_position: qpos[1],
  "tendon_length[0]": ten_length[0],
  "tendon_length[1]": ten_length[1],
  "tendon_velocity[0]": ten_velocity[0],
  "tendon_velocity[1]": ten_velocity[1],
  distance_from_origin: Math.hypot(qpos[0], qpos[1]),
});

function humanoid(options: HumanoidOptions): Robot {
  const { version, observed, contactCost } = options;
  const firstPosition = options.exclude_current_positions_from_observation ? 2 : 0;
  const names =
    version === 4
      ? { forward: "reward_linvel", survive: "reward_alive", control: "reward_quadctrl" }
      : { forward: "reward_forward", survive: "reward_survive", control: "reward_ctrl" };
  const after = new Float64Array(2);
  return {
    skeleton: "humanoid",
    task: {
      observation: [
        { name: firstPosition > 0 ? "qpos without x and y" : "qpos", size: POSITIONS - firstPosition },
        { name: "qvel", size: VELOCITIES },
        ...observed.map(({ field, first, size }) => ({ name: field, size: size - first })),
      ],
      reward: [
        { name: names.forward, formula: "forward_reward_weight · (x′ − x)/dt of the centre of mass" },
        { name: names.survive, formula: survivalFormula(version) },
        { name: names.control, formula: "−ctrl_cost_weight · ‖action‖²" },
        ...(contactCost
          ? [
              {
                name: "reward_contact",
                formula: "−clip(contact_cost_weight · ‖cfrc_ext′‖², contact_cost_range)",
              },
            ]
          : []),
      ],
      termination: "unhealthy: height z outside its healthy range",
    },
    xml: HUMANOID_MJCF,
    frameSkip: 5,
    contactForces: contactCost !== undefined || observed.some(({ field }) => field === "cfrc_ext"),
    carried: ["xipos", ...observed.map(({ field }) => field)],
    actionSize: 17,
    tracked: 2,
    perturb(random, qpos, qvel) {
      addUniform(random, qpos, options.reset_noise_scale);
      addUniform(random, qvel, options.reset_noise_scale);
    },
    observe(fields, observation) {
      let end = append(fields.qpos, firstPosition, observation, 0);
      end = append(fields.qvel, 0, observation, end);
      for (const { field, first } of observed) end = append(fields[field], first, observation, end);
    },
    track(fields, model, before) {
      centerOfMass(fields, model, before);
    },
    evaluate: (motion) => evaluate(motion, options, after),
    terminatedAt: terminatedAt(options, firstPosition),
    resetInfo: (fields) => (version === 4 ? {} : place(fields)),
  };
}

export function humanoidV5(options: HumanoidV5Options): Robot {
  const included: Partial<Record<PhysicsField, boolean>> = {
    cinert: options.include_cinert_in_observation,
    cvel: options.include_cvel_in_observation,
    qfrc_actuator: options.include_qfrc_actuator_in_observation,
    cfrc_ext: options.include_cfrc_ext_in_observation,
  };
  return humanoid({
    ...options,
    version: 5,
    contactCost: { weight: options.contact_cost_weight, range: options.contact_cost_range },
    observed: derived(true).filter(({ field }) => included[field]),
  });
}

export const humanoidV4 = (options: HumanoidV4Options): Robot =>
  humanoid({ ...options, version: 4, contactCost: undefined, observed: derived(false) });
