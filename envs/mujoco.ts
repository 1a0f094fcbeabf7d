import loadMujoco, { type MainModule, type MjData, type MjModel } from "@mujoco/mujoco";
import {
  BIAS_TYPES,
  CONES,
  DYNAMICS_TYPES,
  GAIN_TYPES,
  GEOM_TYPES,
  INTEGRATORS,
  JOINT_TYPES,
  SOLVERS,
  type ActuatorDescription,
  type BodyDescription,
  type GeomDescription,
  type Interval,
  type JointDescription,
  type ModelDescription,
  type OptionDescription,
  type TendonDescription,
} from "./model-description.ts";

/*
 * Every call into MuJoCo's WebAssembly build is made here, because the build has traps that only show at run time:
 * its typings say `any` for arrays; array views die when the module's memory grows (any new model does that); output
 * arrays must be the module's own buffers; data.warning must not be deleted; states that blow up are silently reset.
 */

/** Fields of MuJoCo's mjData that robots may read, under MuJoCo's names; row-major float64. */
const FIELDS = [
  "qpos",
  "qvel",
  "ctrl",
  "xpos",
  "xipos",
  "cinert",
  "cvel",
  "cfrc_ext",
  "qfrc_actuator",
  "ten_length",
  "ten_velocity",
] as const;

export type PhysicsField = (typeof FIELDS)[number];

/** Views of a simulation's memory, valid until control goes back to whoever may create another simulation. */
export type PhysicsFields = Readonly<Record<PhysicsField, Float64Array>>;

/** Facts of a compiled model; arrays are copies. */
export interface ModelFacts {
  readonly timestep: number;
  readonly qpos0: Float64Array;
  readonly bodyMass: Float64Array;
  /** Control range per actuator, unlimited ones ±Infinity. */
  readonly controlLow: Float64Array;
  readonly controlHigh: Float64Array;
  readonly nv: number;
}

/** One model with one state. */
export interface Simulation {
  readonly model: ModelFacts;
  fields(): PhysicsFields;
  /** mj_resetData: the model's initial state, time 0, no memory of earlier solver runs. */
  reset(): void;
  /** mj_forward: derived quantities of the current qpos and qvel. */
  forward(): void;
  /**
   * Writes the controls and takes `count` time steps. Throws when MuJoCo found numbers that it cannot go on with
   * (it would silently restart from the initial state).
   */
  step(control: ArrayLike<number>, count: number): void;
  /** mj_rnePostConstraint: fills cfrc_ext, which steps leave alone. */
  contactForces(): void;
  /** The state that a bit-identical continuation needs (mjSTATE_INTEGRATION, solver warm start included). */
  save(): Float64Array;
  restore(state: Float64Array): void;
  /** Frees the memory; nothing may be called afterwards. */
  close(): void;
}

/** The module is loaded once per process: each instance reserves about 45 MB. */
let loading: Promise<MainModule> | undefined;

async function loadOnce(): Promise<MainModule> {
  loading ??= loadMujoco();
  return loading;
}

/** Compiles an MJCF model. Throws an Error with MuJoCo's message when the XML is not valid. */
export async function simulate(xml: string): Promise<Simulation> {
  const mujoco = await loadOnce();
  const model = mujoco.MjModel.from_xml_string(xml);
  const data = new mujoco.MjData(model);
  const timestep = model.opt.timestep;
  const everything = mujoco.mjtState.mjSTATE_INTEGRATION.value;
  const stateBuffer = new mujoco.DoubleBuffer(mujoco.mj_stateSize(model, everything));
  // This list must not be deleted (the module aborts), and building one leaks: one per simulation.
  const warnings = data.warning;
  const { mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC } = mujoco.mjtWarning;
  const unstable = [
    { name: "position", kind: mjWARN_BADQPOS.value },
    { name: "velocity", kind: mjWARN_BADQVEL.value },
    { name: "acceleration", kind: mjWARN_BADQACC.value },
  ];
  /** Throws when MuJoCo has reset the state since the last reset of ours. Takes microseconds. */
  const requireStable = (): void => {
    for (const { name, kind } of unstable) {
      const warning = warnings.get(kind);
      const count = warning?.number;
      warning?.delete();
      if (count !== 0)
        throw new Error(`the simulation became unstable: a ${name} is too large or not a number`);
    }
  };

  let views = viewsOf(data);
  const fields = (): PhysicsFields => {
    if (views.qpos.length === 0) views = viewsOf(data);
    return views;
  };

  const ranges = model.actuator_ctrlrange as Float64Array;
  const limits = Array.from({ length: model.nu }, (_, i) => {
    // The array actuator_ctrllimited cannot be read through these bindings; the accessor can.
    const actuator = model.actuator(i);
    const limited = Number(actuator.ctrllimited) !== 0;
    actuator.delete();
    return limited ? [ranges[2 * i], ranges[2 * i + 1]] : [-Infinity, Infinity];
  });

  return {
    model: {
      timestep,
      qpos0: (model.qpos0 as Float64Array).slice(),
      bodyMass: (model.body_mass as Float64Array).slice(),
      controlLow: Float64Array.from(limits, ([low]) => low),
      controlHigh: Float64Array.from(limits, ([, high]) => high),
      nv: model.nv,
    },
    fields,
    reset: () => mujoco.mj_resetData(model, data),
    forward: () => mujoco.mj_forward(model, data),
    step(control, count) {
      fields().ctrl.set(control);
      const start = data.time;
      for (let i = 0; i < count; i++) mujoco.mj_step(model, data);
      // Where MuJoCo resets a state, time restarts; only from time 0 on can that go unseen.
      if (start === 0 || !(data.time > start + (count - 0.5) * timestep)) requireStable();
    },
    contactForces: () => mujoco.mj_rnePostConstraint(model, data),
    save() {
      mujoco.mj_getState(model, data, stateBuffer, everything);
      return (stateBuffer.GetView() as Float64Array).slice();
    },
    restore(state) {
      if (state.length !== stateBuffer.GetElementCount()) {
        throw new Error(
          `a state of ${stateBuffer.GetElementCount()} numbers was expected, got ${state.length}`,
        );
      }
      // Counters of warnings are not part of the state; they must not survive from before.
      mujoco.mj_resetData(model, data);
      // Declared as number[], but any array that can be iterated is copied.
      mujoco.mj_setState(model, data, state as unknown as number[], everything);
    },
    close() {
      stateBuffer.delete();
      data.delete();
      model.delete();
    },
  };
}

function viewsOf(data: MjData): PhysicsFields {
  // Each access to a property of `data` builds a new view, hence the cache in `simulate`.
  return Object.fromEntries(FIELDS.map((field) => [field, data[field] as Float64Array])) as Record<
    PhysicsField,
    Float64Array
  >;
}

/** Most contacts that a {@link Poser} tells of. */
export const MOST_CONTACTS = 8;

/**
 * A model for looking at states without touching a simulation: where bodies are, and what acts on them. It has data of its
 * own, because deriving these on a simulation's data would change what the next step's reward is computed from.
 */
export interface Poser {
  /** Bodies, the world (body 0) included. */
  readonly bodies: number;
  readonly actuators: number;
  /** Writes position and quaternion [w, x, y, z] of every body, [bodies, 7], as of these positions. */
  pose(qpos: ArrayLike<number>, target: Float32Array): void;
  /**
   * What acts in a state under a control: the strongest contacts as position (m) and force (N) in the world's frame,
   * [{@link MOST_CONTACTS}, 6], zeros where there are fewer; and the actuators' torques (N·m) or forces (N) on their joints.
   * Forces act on the body that is not the world; between two bodies of the robot, on the second.
   */
  forces(
    qpos: ArrayLike<number>,
    qvel: ArrayLike<number>,
    control: ArrayLike<number>,
    contacts: Float32Array,
    torques: Float32Array,
  ): void;
  close(): void;
}

/** Compiles an MJCF model for looking at states. Throws an Error with MuJoCo's message when the XML is not valid. */
export async function poser(xml: string): Promise<Poser> {
  const mujoco = await loadOnce();
  const model = mujoco.MjModel.from_xml_string(xml);
  const data = new mujoco.MjData(model);
  const wrench = new mujoco.DoubleBuffer(6);
  const [bodies, actuators] = [model.nbody, model.nu];
  const gears = Float64Array.from({ length: actuators }, (_, i) => at(model.actuator_gear, 6 * i));
  const bodyOfGeom = (model.geom_bodyid as Int32Array).slice();

  /** One contact as position and force in the world's frame. */
  const contactAt = (list: MjData["contact"], index: number): number[] => {
    const contact = list.get(index);
    if (contact === undefined) return [0, 0, 0, 0, 0, 0];
    mujoco.mj_contactForce(model, data, index, wrench);
    const force = wrench.GetView() as Float64Array;
    const frame = contact.frame as Float64Array;
    const sign = bodyOfGeom[contact.geom2] === 0 ? -1 : 1;
    // the rows of the frame are the contact's axes, the first one its normal
    const world = [0, 1, 2].map((axis) => sign * [0, 1, 2].reduce((sum, i) => sum + frame[3 * i + axis] * force[i], 0));
    const row = [...Array.from(contact.pos as Float64Array), ...world];
    contact.delete();
    return row;
  };

  return {
    bodies,
    actuators,
    pose(qpos, target) {
      (data.qpos as Float64Array).set(qpos);
      mujoco.mj_kinematics(model, data);
      const [positions, quaternions] = [data.xpos as Float64Array, data.xquat as Float64Array];
      for (let body = 0; body < bodies; body++) {
        for (let i = 0; i < 3; i++) target[7 * body + i] = positions[3 * body + i];
        for (let i = 0; i < 4; i++) target[7 * body + 3 + i] = quaternions[4 * body + i];
      }
    },
    forces(qpos, qvel, control, contacts, torques) {
      // contacts depend on nothing that was looked at before
      mujoco.mj_resetData(model, data);
      (data.qpos as Float64Array).set(qpos);
      (data.qvel as Float64Array).set(qvel);
      (data.ctrl as Float64Array).set(control);
      mujoco.mj_forward(model, data);
      const list = data.contact;
      const rows = Array.from({ length: list.size() }, (_, i) => contactAt(list, i));
      // a copy of all contacts, which stays until it is deleted
      list.delete();
      const strength = (row: readonly number[]): number => Math.hypot(row[3], row[4], row[5]);
      rows.sort((a, b) => strength(b) - strength(a));
      contacts.fill(0);
      rows.slice(0, MOST_CONTACTS).forEach((row, i) => contacts.set(row, 6 * i));
      const applied = data.actuator_force as Float64Array;
      for (let i = 0; i < actuators; i++) torques[i] = applied[i] * gears[i];
    },
    close() {
      wrench.delete();
      data.delete();
      model.delete();
    },
  };
}

/** Coordinates of each type of joint. */
const JOINT_COORDINATES = [7, 4, 1, 1] as const;
/** Of mjtTrn: the actuator drives a joint. */
const TRANSMISSION_JOINT = 0;
/** Of mjtWrap: a tendon's length counts a joint's coordinate. */
const WRAP_JOINT = 1;

type Numbers = Float64Array | Float32Array | Int32Array;

/**
 * Compiles an MJCF model and describes what came out: plain data that shares no memory with MuJoCo. Throws an Error with
 * MuJoCo's message when the XML is not valid.
 */
export async function describeModel(xml: string): Promise<ModelDescription> {
  const mujoco = await loadOnce();
  const model = mujoco.MjModel.from_xml_string(xml);
  try {
    return {
      nq: model.nq,
      nv: model.nv,
      na: model.na,
      option: describeOption(model),
      bodies: describeBodies(model),
      joints: describeJoints(model),
      geoms: describeGeoms(model),
      actuators: describeActuators(model),
      tendons: describeTendons(model),
      pairs: model.npair,
      excludes: model.nexclude,
      equalities: model.neq,
    };
  } finally {
    model.delete();
  }
}

const at = (array: unknown, i: number): number => (array as Numbers)[i];

/** Row `i` of a matrix, as a copy. */
function row<T extends readonly number[]>(matrix: unknown, i: number, columns: T["length"]): T {
  return Array.from((matrix as Numbers).subarray(i * columns, (i + 1) * columns)) as readonly number[] as T;
}

function list<T>(count: number, describe: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => describe(i));
}

/** Reads names out of the model's own text: mj_id2name gives junk for things without a name. */
function namesOf(model: MjModel, addresses: unknown): (i: number) => string {
  const text = model.names as Int8Array;
  return (i) => {
    const start = (addresses as Int32Array)[i];
    return new TextDecoder().decode(Uint8Array.from(text.subarray(start, text.indexOf(0, start))));
  };
}

function describeOption(model: MjModel): OptionDescription {
  const option = model.opt;
  const description: OptionDescription = {
    timestep: option.timestep,
    integrator: INTEGRATORS[option.integrator],
    solver: SOLVERS[option.solver],
    iterations: option.iterations,
    lsIterations: option.ls_iterations,
    tolerance: option.tolerance,
    lsTolerance: option.ls_tolerance,
    cone: CONES[option.cone],
    impratio: option.impratio,
    gravity: row(option.gravity, 0, 3),
    wind: row(option.wind, 0, 3),
    density: option.density,
    viscosity: option.viscosity,
    disableFlags: option.disableflags,
    enableFlags: option.enableflags,
  };
  // A handle of its own to a part of the model, which stays.
  option.delete();
  return description;
}

function describeBodies(model: MjModel): BodyDescription[] {
  const name = namesOf(model, model.name_bodyadr);
  return list(model.nbody, (i) => ({
    name: name(i),
    parent: at(model.body_parentid, i),
    pos: row(model.body_pos, i, 3),
    quat: row(model.body_quat, i, 4),
    mass: at(model.body_mass, i),
    inertia: row(model.body_inertia, i, 3),
    ipos: row(model.body_ipos, i, 3),
    iquat: row(model.body_iquat, i, 4),
  }));
}

function describeJoints(model: MjModel): JointDescription[] {
  const name = namesOf(model, model.name_jntadr);
  return list(model.njnt, (i) => {
    // Arrays of booleans cannot be read through these bindings; an accessor can, and leaks unless it is deleted.
    const accessor = model.jnt(i);
    const limited = Boolean(accessor.limited);
    accessor.delete();
    const type = at(model.jnt_type, i);
    const coordinate = at(model.jnt_qposadr, i);
    const coordinates = coordinate + JOINT_COORDINATES[type];
    // MJCF has one value for all of a joint's degrees of freedom.
    const dof = at(model.jnt_dofadr, i);
    return {
      name: name(i),
      type: JOINT_TYPES[type],
      body: at(model.jnt_bodyid, i),
      axis: row(model.jnt_axis, i, 3),
      pos: row(model.jnt_pos, i, 3),
      range: limited ? row<Interval>(model.jnt_range, i, 2) : null,
      margin: at(model.jnt_margin, i),
      damping: at(model.dof_damping, dof),
      armature: at(model.dof_armature, dof),
      frictionloss: at(model.dof_frictionloss, dof),
      stiffness: at(model.jnt_stiffness, i),
      springref: Array.from((model.qpos_spring as Float64Array).subarray(coordinate, coordinates)),
      qpos0: Array.from((model.qpos0 as Float64Array).subarray(coordinate, coordinates)),
      solreflimit: row(model.jnt_solref, i, 2),
      solimplimit: row(model.jnt_solimp, i, 5),
    };
  });
}

function describeGeoms(model: MjModel): GeomDescription[] {
  const name = namesOf(model, model.name_geomadr);
  return list(model.ngeom, (i) => ({
    name: name(i),
    type: GEOM_TYPES[at(model.geom_type, i)],
    body: at(model.geom_bodyid, i),
    size: row(model.geom_size, i, 3),
    pos: row(model.geom_pos, i, 3),
    quat: row(model.geom_quat, i, 4),
    friction: row(model.geom_friction, i, 3),
    condim: at(model.geom_condim, i),
    contype: at(model.geom_contype, i),
    conaffinity: at(model.geom_conaffinity, i),
    priority: at(model.geom_priority, i),
    solmix: at(model.geom_solmix, i),
    margin: at(model.geom_margin, i),
    gap: at(model.geom_gap, i),
    solref: row(model.geom_solref, i, 2),
    solimp: row(model.geom_solimp, i, 5),
    rgba: row(model.geom_rgba, i, 4),
  }));
}

function describeActuators(model: MjModel): ActuatorDescription[] {
  const name = namesOf(model, model.name_actuatoradr);
  return list(model.nu, (i) => {
    const accessor = model.actuator(i);
    const controlLimited = Boolean(accessor.ctrllimited);
    const forceLimited = Boolean(accessor.forcelimited);
    accessor.delete();
    return {
      name: name(i),
      joint: at(model.actuator_trntype, i) === TRANSMISSION_JOINT ? at(model.actuator_trnid, 2 * i) : null,
      gear: at(model.actuator_gear, 6 * i),
      ctrlrange: controlLimited ? row<Interval>(model.actuator_ctrlrange, i, 2) : null,
      forcerange: forceLimited ? row<Interval>(model.actuator_forcerange, i, 2) : null,
      dyntype: DYNAMICS_TYPES[at(model.actuator_dyntype, i)],
      gaintype: GAIN_TYPES[at(model.actuator_gaintype, i)],
      biastype: BIAS_TYPES[at(model.actuator_biastype, i)],
      gainprm: row(model.actuator_gainprm, i, 10),
      biasprm: row(model.actuator_biasprm, i, 10),
    };
  });
}

function describeTendons(model: MjModel): TendonDescription[] {
  const name = namesOf(model, model.name_tendonadr);
  return list(model.ntendon, (i) => {
    const accessor = model.tendon(i);
    const limited = Boolean(accessor._limited);
    accessor.delete();
    const first = at(model.tendon_adr, i);
    const wraps = list(at(model.tendon_num, i), (k) => first + k);
    return {
      name: name(i),
      joints: wraps
        .filter((wrap) => at(model.wrap_type, wrap) === WRAP_JOINT)
        .map((wrap) => ({ joint: at(model.wrap_objid, wrap), coef: at(model.wrap_prm, wrap) })),
      stiffness: at(model.tendon_stiffness, i),
      damping: at(model.tendon_damping, i),
      frictionloss: at(model.tendon_frictionloss, i),
      range: limited ? row<Interval>(model.tendon_range, i, 2) : null,
    };
  });
}
