import type { Random } from "../src/random/index.ts";
import { box, unbounded } from "./box.ts";
import type {
  Environment,
  EnvironmentDefinition,
  EnvironmentSpec,
  Info,
  TaskDescription,
} from "./environment.ts";
import { episodic, type Dynamics, type Transition } from "./episode.ts";
import { actuatorMeanings } from "./meaning.ts";
import {
  simulate,
  type ModelFacts,
  type PhysicsField,
  type PhysicsFields,
  type Simulation,
} from "./mujoco.ts";
import type { OptionReader } from "./options.ts";
import { rowwise } from "./termination.ts";

/** What a robot's reward is computed from. */
export interface Motion {
  /** What {@link Robot.track} wrote before the step. */
  readonly before: Float64Array;
  /** The action as given, not clipped. */
  readonly action: ArrayLike<number>;
  /** After the step. */
  readonly fields: PhysicsFields;
  readonly model: ModelFacts;
  /** Seconds. */
  readonly dt: number;
}

/** One robot with its task: all that distinguishes it from other robots. */
export interface Robot {
  /** Its bodies and joints with their order; robots of one skeleton may differ in sizes and forces. */
  readonly skeleton: string;
  readonly task: TaskDescription;
  /** MJCF. */
  readonly xml: string;
  /** Time steps of the simulation per action. */
  readonly frameSkip: number;
  /** Whether the observation or the reward reads cfrc_ext, which costs an extra computation per step. */
  readonly contactForces: boolean;
  /**
   * Fields besides qpos and qvel that `observe` or `track` read. They lag behind qpos after a step, so they cannot be
   * computed from a restored state and are saved with it.
   */
  readonly carried: readonly PhysicsField[];
  readonly actionSize: number;
  /** Number of values that `track` writes. */
  readonly tracked: number;
  /** Adds the initial noise to the model's initial state, positions first. */
  perturb(random: Random, qpos: Float64Array, qvel: Float64Array): void;
  observe(fields: PhysicsFields, observation: Float64Array): void;
  /** Writes what the reward needs to know of the time before a step, such as the position. */
  track(fields: PhysicsFields, model: ModelFacts, before: Float64Array): void;
  evaluate(motion: Motion): Transition;
  /**
   * What `evaluate` says of termination, from the observation after the step alone, which begins at index `first` of
   * `observations`.
   */
  terminatedAt(observations: ArrayLike<number>, first: number): boolean;
  resetInfo(fields: PhysicsFields, model: ModelFacts): Info;
}

/** A robot under an id; `robot` builds it for options that were checked. */
export function defineRobot<Options>(
  id: string,
  title: string,
  reader: OptionReader<Options>,
  robot: (options: Options) => Robot,
): EnvironmentDefinition {
  const describe = (given: Readonly<Record<string, unknown>>) => {
    const options = reader.read(given);
    const built = robot(options);
    const spec: EnvironmentSpec = {
      id,
      title,
      observationSize: observationSize(built),
      actionSize: built.actionSize,
      maxEpisodeSteps: options.max_episode_steps,
      meaning: {
        observation: built.task.observation.map(({ name, size }) => `${built.skeleton}: ${name} (${size})`),
        action: actuatorMeanings(built.xml),
      },
      options,
    };
    return { spec, robot: built };
  };
  return {
    spec: describe({}).spec,
    describe(given) {
      const { spec, robot: built } = describe(given);
      return {
        spec,
        task: built.task,
        terminated: rowwise(id, spec.observationSize, built.terminatedAt),
        physics: { xml: built.xml, frameSkip: built.frameSkip },
      };
    },
    create(given) {
      const { spec, robot: built } = describe(given);
      return createLocomotion(spec, built);
    },
  };
}

const observationSize = ({ task }: Robot): number =>
  task.observation.reduce((total, { size }) => total + size, 0);

/** The environment of a robot. `spec` is made of options that were checked. */
export async function createLocomotion(spec: EnvironmentSpec, robot: Robot): Promise<Environment> {
  const simulation = await simulate(robot.xml);
  return episodic(spec, locomotion(spec, robot, simulation));
}

function locomotion(spec: EnvironmentSpec, robot: Robot, simulation: Simulation): Dynamics {
  const { id } = spec;
  const { model } = simulation;
  const dt = model.timestep * robot.frameSkip;
  const before = new Float64Array(robot.tracked);

  const place = (qpos: ArrayLike<number>, qvel: ArrayLike<number>): void => {
    simulation.reset();
    const fields = simulation.fields();
    fields.qpos.set(qpos);
    fields.qvel.set(qvel);
    simulation.forward();
  };

  return {
    observationSpace: unbounded(spec.observationSize),
    actionSpace: box(model.controlLow, model.controlHigh),
    dt,
    qpos: () => simulation.fields().qpos.slice(),
    qvel: () => simulation.fields().qvel.slice(),
    begin(random) {
      const qpos = model.qpos0.slice();
      const qvel = new Float64Array(model.nv);
      robot.perturb(random, qpos, qvel);
      place(qpos, qvel);
      return robot.resetInfo(simulation.fields(), model);
    },
    place,
    observe() {
      const observation = new Float64Array(spec.observationSize);
      robot.observe(simulation.fields(), observation);
      return observation;
    },
    advance(action) {
      robot.track(simulation.fields(), model, before);
      try {
        simulation.step(action, robot.frameSkip);
      } catch (error) {
        throw new Error(`${id}: ${(error as Error).message}; call reset()`, { cause: error });
      }
      if (robot.contactForces) simulation.contactForces();
      return robot.evaluate({ before, action, fields: simulation.fields(), model, dt });
    },
    save() {
      const fields = simulation.fields();
      return {
        physics: simulation.save(),
        ...Object.fromEntries(robot.carried.map((field) => [field, fields[field].slice()])),
      };
    },
    restore(arrays) {
      const fields = simulation.fields();
      for (const name of ["physics", ...robot.carried] as const) {
        const expected = name === "physics" ? arrays[name]?.length : fields[name].length;
        if (!(arrays[name] instanceof Float64Array) || arrays[name].length !== expected) {
          throw new Error(`${id}: the saved state has no array "${name}" of this environment's form`);
        }
      }
      simulation.restore(arrays.physics as Float64Array);
      for (const field of robot.carried) fields[field].set(arrays[field]);
    },
    close: () => simulation.close(),
  };
}
