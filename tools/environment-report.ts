import { describeEnvironment, describeModel, make } from "../envs/index.ts";
import type {
  ActuatorDescription,
  BodyDescription,
  EnvironmentSpec,
  GeomDescription,
  JointDescription,
  ModelDescription,
  TaskDescription,
  TendonDescription,
} from "../envs/index.ts";

/** What `motive env --json` prints. Things of a model refer to each other by name; those without get one here. */
export interface EnvironmentReport {
  readonly id: string;
  readonly title: string;
  readonly observation: {
    readonly size: number;
    /** `first` is the index of the part's first number. */
    readonly parts: readonly { readonly name: string; readonly first: number; readonly size: number }[];
  };
  readonly action: {
    readonly size: number;
    readonly low: readonly number[];
    readonly high: readonly number[];
  };
  /** Numbers of positions and velocities, as `setState` takes them. */
  readonly state: { readonly qpos: number; readonly qvel: number };
  readonly time: { readonly dt: number; readonly maxEpisodeSteps: number };
  readonly reward: TaskDescription["reward"];
  readonly termination: string;
  /** Names of the scalars that a step reports. */
  readonly info: readonly string[];
  readonly options: EnvironmentSpec["options"];
  /** null for environments that MuJoCo does not simulate. */
  readonly physics: PhysicsReport | null;
}

export interface PhysicsReport {
  readonly frameSkip: number;
  readonly option: ModelDescription["option"];
  /** kg. */
  readonly totalMass: number;
  readonly bodies: readonly BodyReport[];
  readonly joints: readonly JointReport[];
  readonly geoms: readonly (Omit<GeomDescription, "body"> & { readonly body: string })[];
  readonly actuators: readonly (Omit<ActuatorDescription, "joint"> & { readonly joint: string | null })[];
  readonly tendons: readonly TendonReport[];
}

export interface BodyReport extends Omit<BodyDescription, "parent"> {
  /** null for the world. */
  readonly parent: string | null;
  /** Of the world 0. */
  readonly depth: number;
  /** Sliding friction of its geoms, each value once. */
  readonly friction: readonly number[];
  /** Its geoms in words: `capsule r 0.05 l 0.4`. */
  readonly shapes: readonly string[];
}

export interface JointReport extends Omit<JointDescription, "body"> {
  readonly body: string;
  /** Index of its first coordinate in qpos. */
  readonly first: number;
}

export interface TendonReport extends Omit<TendonDescription, "joints"> {
  readonly joints: readonly { readonly joint: string; readonly coef: number }[];
}

/** Describes an environment with default options. @throws UserError for an unknown id */
export async function reportEnvironment(id: string): Promise<EnvironmentReport> {
  const { spec, task, physics } = describeEnvironment(id);
  const environment = await make(id);
  try {
    environment.reset();
    const { info } = environment.step(new Float64Array(spec.actionSize));
    return {
      id,
      title: spec.title,
      observation: {
        size: spec.observationSize,
        parts: withFirst(task.observation, ({ size }) => size),
      },
      action: {
        size: spec.actionSize,
        low: Array.from(environment.actionSpace.low),
        high: Array.from(environment.actionSpace.high),
      },
      state: { qpos: environment.qpos.length, qvel: environment.qvel.length },
      time: { dt: environment.dt, maxEpisodeSteps: spec.maxEpisodeSteps },
      reward: task.reward,
      termination: task.termination,
      info: Object.keys(info),
      options: spec.options,
      physics: physics ? reportPhysics(await describeModel(physics.xml), physics.frameSkip) : null,
    };
  } finally {
    environment.close();
  }
}

/** Adds to things that lie one behind the other where each begins. */
function withFirst<T extends object>(
  things: readonly T[],
  sizeOf: (thing: T) => number,
): (T & { first: number })[] {
  let first = 0;
  return things.map((thing) => {
    const placed = { ...thing, first };
    first += sizeOf(thing);
    return placed;
  });
}

function reportPhysics(model: ModelDescription, frameSkip: number): PhysicsReport {
  const bodyNames = model.bodies.map(({ name }, i) => name || `body ${i}`);
  const jointNames = model.joints.map(({ name }, i) => name || `joint ${i}`);
  // A parent comes before its children.
  const depths: number[] = [];
  for (const [i, { parent }] of model.bodies.entries()) depths[i] = i === 0 ? 0 : depths[parent] + 1;
  return {
    frameSkip,
    option: model.option,
    totalMass: model.bodies.reduce((total, { mass }) => total + mass, 0),
    bodies: model.bodies.map((body, i) => {
      const geoms = model.geoms.filter((geom) => geom.body === i);
      return {
        ...body,
        name: bodyNames[i],
        parent: i === 0 ? null : bodyNames[body.parent],
        depth: depths[i],
        friction: [...new Set(geoms.map(({ friction }) => friction[0]))],
        shapes: countEqual(geoms.map(shapeOf)),
      };
    }),
    joints: withFirst(
      model.joints.map((joint, i) => ({ ...joint, name: jointNames[i], body: bodyNames[joint.body] })),
      ({ qpos0 }) => qpos0.length,
    ),
    geoms: model.geoms.map((geom) => ({ ...geom, body: bodyNames[geom.body] })),
    actuators: model.actuators.map((actuator) => ({
      ...actuator,
      joint: actuator.joint === null ? null : jointNames[actuator.joint],
    })),
    tendons: model.tendons.map((tendon) => ({
      ...tendon,
      joints: tendon.joints.map(({ joint, coef }) => ({ joint: jointNames[joint], coef })),
    })),
  };
}

/** In metres: r is a radius, l a length, of capsules without their round ends. */
function shapeOf({ type, size }: GeomDescription): string {
  const show = (length: number): number => Number(length.toPrecision(3));
  const lengths = size.map((half) => show(2 * half));
  if (type === "plane") return type;
  if (type === "sphere") return `sphere r ${show(size[0])}`;
  if (type === "capsule" || type === "cylinder") return `${type} r ${show(size[0])} l ${lengths[1]}`;
  return `${type} ${lengths.join(" × ")}`;
}

/** `2 × …` where several are equal. */
function countEqual(words: readonly string[]): string[] {
  return [...new Set(words)].map((word) => {
    const count = words.filter((other) => other === word).length;
    return count === 1 ? word : `${count} × ${word}`;
  });
}
