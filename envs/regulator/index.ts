import { box, unbounded } from "../box.ts";
import type { EnvironmentDefinition, TaskDescription } from "../environment.ts";
import { episodic, type Dynamics } from "../episode.ts";
import { optionsOf } from "../options.ts";
import { never, rowwise } from "../termination.ts";
import { ACTION_COST, DT, FORCE, VELOCITY_COST } from "./riccati.ts";

export { optimalGain, optimalGains, optimalReturn, type Gain } from "./riccati.ts";

/** Initial states are uniform within these, metres and m/s: few enough that optimal actions never reach the bounds. */
export const INITIAL_POSITION = 1;
export const INITIAL_VELOCITY = 0.5;

const reader = optionsOf("Regulator-v0", 50, {});

const spec = {
  id: "Regulator-v0",
  title: "Regulator: a mass on a line to be pushed to the origin, with a known optimal policy",
  observationSize: 2,
  actionSize: 1,
  maxEpisodeSteps: reader.defaults.max_episode_steps,
  options: reader.defaults,
  meaning: {
    observation: ["mass on a line: position (1)", "mass on a line: velocity (1)"],
    action: [`force on the mass: ${FORCE} m/s² at 1, clipped to -1 … 1`],
  },
};

const task: TaskDescription = {
  observation: [
    { name: "position", size: 1 },
    { name: "velocity", size: 1 },
  ],
  reward: [
    { name: "reward_state", formula: `−(position² + ${VELOCITY_COST} · velocity²)` },
    { name: "reward_ctrl", formula: `−${ACTION_COST} · action²` },
  ],
  termination: "never",
};

function regulator(): Dynamics {
  let position = 0;
  let velocity = 0;
  return {
    observationSpace: unbounded(2),
    actionSpace: box([-1], [1]),
    dt: DT,
    qpos: () => Float64Array.of(position),
    qvel: () => Float64Array.of(velocity),
    begin(random) {
      position = INITIAL_POSITION * (2 * random.uniform() - 1);
      velocity = INITIAL_VELOCITY * (2 * random.uniform() - 1);
      return {};
    },
    place(qpos, qvel) {
      position = qpos[0];
      velocity = qvel[0];
    },
    observe: () => Float64Array.of(position, velocity),
    advance(action) {
      const stateCost = position * position + VELOCITY_COST * velocity * velocity;
      const controlCost = ACTION_COST * action[0] * action[0];
      velocity += DT * FORCE * Math.max(-1, Math.min(1, action[0]));
      position += DT * velocity;
      return {
        reward: -stateCost - controlCost,
        terminated: false,
        info: { reward_state: 0 - stateCost, reward_ctrl: 0 - controlCost },
      };
    },
    save: () => ({ state: Float64Array.of(position, velocity) }),
    restore({ state }) {
      if (!(state instanceof Float64Array) || state.length !== 2) {
        throw new Error(`${spec.id}: the saved state has no array "state" of this environment's form`);
      }
      [position, velocity] = state;
    },
    close: () => undefined,
  };
}

/** The environment that learning tests use: linear, quadratic, over in 50 steps, its optimum known in closed form. */
export const definitions: readonly EnvironmentDefinition[] = [
  {
    spec,
    describe(given) {
      const options = reader.read(given);
      return {
        spec: { ...spec, maxEpisodeSteps: options.max_episode_steps, options },
        task,
        terminated: rowwise(spec.id, spec.observationSize, never),
      };
    },
    async create(given) {
      const options = reader.read(given);
      return episodic({ ...spec, maxEpisodeSteps: options.max_episode_steps, options }, regulator());
    },
  },
];
