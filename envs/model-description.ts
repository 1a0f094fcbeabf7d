/*
 * A compiled MuJoCo model as plain data: all that decides a robot's physics, under MJCF's attribute names. SI units,
 * angles in radians; quaternions are [w, x, y, z]. Where one thing refers to another, it is by its index in the lists
 * of the description, because bodies, joints and geoms need not have names (`name` is "" then).
 */

export type Vector3 = readonly [x: number, y: number, z: number];

export type Quaternion = readonly [w: number, x: number, y: number, z: number];

/** [low, high]. */
export type Interval = readonly [low: number, high: number];

// MJCF's keywords, in the order of MuJoCo's enumerations.
export const INTEGRATORS = ["Euler", "RK4", "implicit", "implicitfast", "discrete"] as const;
export const SOLVERS = ["PGS", "CG", "Newton"] as const;
export const CONES = ["pyramidal", "elliptic"] as const;
export const JOINT_TYPES = ["free", "ball", "slide", "hinge"] as const;
export const GEOM_TYPES = [
  "plane",
  "hfield",
  "sphere",
  "capsule",
  "ellipsoid",
  "cylinder",
  "box",
  "mesh",
  "sdf",
] as const;
export const DYNAMICS_TYPES = [
  "none",
  "integrator",
  "filter",
  "filterexact",
  "muscle",
  "dcmotor",
  "pid",
  "user",
] as const;
export const GAIN_TYPES = ["fixed", "affine", "muscle", "dcmotor", "so3", "pid", "user"] as const;
export const BIAS_TYPES = ["none", "affine", "muscle", "dcmotor", "so3", "user"] as const;

/** How the simulation computes: MJCF's `option`. */
export interface OptionDescription {
  /** Seconds. */
  readonly timestep: number;
  readonly integrator: (typeof INTEGRATORS)[number];
  readonly solver: (typeof SOLVERS)[number];
  /** At most so many per time step. */
  readonly iterations: number;
  readonly lsIterations: number;
  /** Of the solver, dimensionless. */
  readonly tolerance: number;
  readonly lsTolerance: number;
  readonly cone: (typeof CONES)[number];
  readonly impratio: number;
  /** m/s². */
  readonly gravity: Vector3;
  /** m/s. */
  readonly wind: Vector3;
  /** Of the medium, kg/m³. */
  readonly density: number;
  /** Of the medium, Pa·s. */
  readonly viscosity: number;
  /** Bits of MuJoCo's mjtDisableBit and mjtEnableBit. */
  readonly disableFlags: number;
  readonly enableFlags: number;
}

export interface BodyDescription {
  readonly name: string;
  /** Index of a body; the world (body 0) is its own parent. */
  readonly parent: number;
  /** Of its frame in its parent's, metres. */
  readonly pos: Vector3;
  readonly quat: Quaternion;
  /** kg. */
  readonly mass: number;
  /** Principal moments in the inertial frame, kg·m². */
  readonly inertia: Vector3;
  /** Of the inertial frame in the body's: the centre of mass, metres. */
  readonly ipos: Vector3;
  readonly iquat: Quaternion;
}

/** Metres for slide joints, radians for hinges, and their derivatives accordingly. */
export interface JointDescription {
  readonly name: string;
  readonly type: (typeof JOINT_TYPES)[number];
  /** Index of the body that it moves. */
  readonly body: number;
  /** Unit vector in the body's frame. */
  readonly axis: Vector3;
  /** In the body's frame, metres. */
  readonly pos: Vector3;
  /** null where it is unlimited. */
  readonly range: Interval | null;
  readonly margin: number;
  /** Force per velocity, of each of its degrees of freedom. */
  readonly damping: number;
  /** Inertia added to each of its degrees of freedom, kg or kg·m². */
  readonly armature: number;
  readonly frictionloss: number;
  /** Force per displacement from `springref`. */
  readonly stiffness: number;
  /** Coordinates where the spring rests: 1 number, or 7 for free and 4 for ball joints. */
  readonly springref: readonly number[];
  /** Coordinates in the model's initial state, as many. */
  readonly qpos0: readonly number[];
  /** Of the constraint at the limits of its range. */
  readonly solreflimit: readonly [number, number];
  readonly solimplimit: readonly [number, number, number, number, number];
}

export interface GeomDescription {
  readonly name: string;
  readonly type: (typeof GEOM_TYPES)[number];
  /** Index of a body. */
  readonly body: number;
  /** Metres: of spheres [radius, 0, 0], of capsules and cylinders [radius, half length without caps, 0]. */
  readonly size: Vector3;
  /** In the body's frame, metres. */
  readonly pos: Vector3;
  readonly quat: Quaternion;
  /** Sliding (dimensionless), torsional and rolling (metres). */
  readonly friction: Vector3;
  readonly condim: number;
  readonly contype: number;
  readonly conaffinity: number;
  readonly priority: number;
  readonly solmix: number;
  /** Metres. */
  readonly margin: number;
  readonly gap: number;
  readonly solref: readonly [number, number];
  readonly solimp: readonly [number, number, number, number, number];
  /** 0 … 1, float32. */
  readonly rgba: readonly [number, number, number, number];
}

export interface ActuatorDescription {
  readonly name: string;
  /** Index of the joint that it drives; null where it drives anything else. */
  readonly joint: number | null;
  /** Force (N) or torque (N·m) per unit of force of the actuator. */
  readonly gear: number;
  /** null where controls are unlimited. */
  readonly ctrlrange: Interval | null;
  /** null where its force is unlimited. */
  readonly forcerange: Interval | null;
  readonly dyntype: (typeof DYNAMICS_TYPES)[number];
  readonly gaintype: (typeof GAIN_TYPES)[number];
  readonly biastype: (typeof BIAS_TYPES)[number];
  /** A motor's is [1, 0, …]: its force is its control. */
  readonly gainprm: readonly number[];
  readonly biasprm: readonly number[];
}

/** A weighted sum of joint coordinates; `joints` is empty for tendons that run through space. */
export interface TendonDescription {
  readonly name: string;
  /** `joint` is the index of a joint. */
  readonly joints: readonly { readonly joint: number; readonly coef: number }[];
  readonly stiffness: number;
  readonly damping: number;
  readonly frictionloss: number;
  /** null where it is unlimited. */
  readonly range: Interval | null;
}

export interface ModelDescription {
  /** Of positions, velocities and activations. */
  readonly nq: number;
  readonly nv: number;
  readonly na: number;
  readonly option: OptionDescription;
  /** In MuJoCo's order, the world first. */
  readonly bodies: readonly BodyDescription[];
  /** In the order of qpos. */
  readonly joints: readonly JointDescription[];
  readonly geoms: readonly GeomDescription[];
  /** In the order of the action. */
  readonly actuators: readonly ActuatorDescription[];
  readonly tendons: readonly TendonDescription[];
  /** How many explicit contact pairs, excluded ones and equality constraints there are. */
  readonly pairs: number;
  readonly excludes: number;
  readonly equalities: number;
}
