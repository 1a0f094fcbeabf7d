import { contactSquares } from "../ant/task.ts";
import type { Transition } from "../episode.ts";
import type { Motion, Robot } from "../locomotion.ts";
import { addNormal, addUniform, append, appendClipped, sumOfSquares } from "../terms.ts";
import { never } from "../termination.ts";

/** Options of both ants, under the names of Gymnasium's Ant where it has them. */
export interface CustomAntOptions {
  readonly forward_reward_weight: number;
  readonly ctrl_cost_weight: number;
  readonly contact_cost_weight: number;
  /** What a step costs after which the torso is lower than 0.2 m. */
  readonly flipped_cost: number;
  /** Contact forces are clipped to this, N and N·m. */
  readonly contact_force_range: readonly [number, number];
  /** Half-width of the uniform noise on the initial positions, standard deviation of the one on the velocities. */
  readonly reset_noise_scale: number;
  /** Whether x and y are left out of the observation. */
  readonly exclude_current_positions_from_observation: boolean;
  /** Whether the observation has the contact forces of all bodies, the world's zeros first. */
  readonly include_cfrc_ext_in_observation: boolean;
}

const POSITIONS = 15;
const VELOCITIES = 14;
const CONTACT_FORCES = 84;
/** Metres. */
const FLIPPED_BELOW = 0.2;

/**
 * Velocity at the step's start minus costs of control and contact, and of lying on the ground. Episodes end by time
 * only.
 */
export function evaluate({ fields, before, action }: Motion, options: CustomAntOptions): Transition {
  const forward = options.forward_reward_weight * before[0];
  const control = options.ctrl_cost_weight * sumOfSquares(action);
  const contact = options.contact_cost_weight * contactSquares(fields, options.contact_force_range);
  const flipped = fields.qpos[2] >= FLIPPED_BELOW ? 0 : options.flipped_cost;
  return {
    reward: forward - control - contact - flipped,
    terminated: false,
    info: {
      reward_forward: forward,
      reward_ctrl: 0 - control,
      reward_contact: 0 - contact,
      reward_flipped: 0 - flipped,
    },
  };
}

/** @param xml the able or the disabled ant */
export function customAnt(xml: string, options: CustomAntOptions): Robot {
  const firstPosition = options.exclude_current_positions_from_observation ? 2 : 0;
  const observesContacts = options.include_cfrc_ext_in_observation;
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
                size: CONTACT_FORCES,
                range: options.contact_force_range,
              },
            ]
          : []),
      ],
      reward: [
        { name: "reward_forward", formula: "forward_reward_weight · ẋ before the step" },
        { name: "reward_ctrl", formula: "−ctrl_cost_weight · ‖action‖²" },
        {
          name: "reward_contact",
          formula: "−contact_cost_weight · ‖clip(cfrc_ext′, contact_force_range)‖²",
        },
        { name: "reward_flipped", formula: `−flipped_cost where z′ < ${FLIPPED_BELOW}` },
      ],
      termination: "never",
    },
    xml,
    frameSkip: 5,
    contactForces: true,
    carried: ["cfrc_ext"],
    actionSize: 8,
    tracked: 1,
    perturb(random, qpos, qvel) {
      addUniform(random, qpos, options.reset_noise_scale);
      addNormal(random, qvel, options.reset_noise_scale);
    },
    observe({ qpos, qvel, cfrc_ext }, observation) {
      let end = append(qpos, firstPosition, observation, 0);
      end = append(qvel, 0, observation, end);
      if (observesContacts) appendClipped(cfrc_ext, 0, options.contact_force_range, observation, end);
    },
    track({ qvel }, _model, before) {
      before[0] = qvel[0];
    },
    evaluate: (motion) => evaluate(motion, options),
    terminatedAt: never,
    resetInfo: () => ({}),
  };
}
