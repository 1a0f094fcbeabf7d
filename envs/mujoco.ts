import loadMujoco, { type MainModule, type MjData } from "@mujoco/mujoco";

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

/** Compiles an MJCF model. Throws an Error with MuJoCo's message when the XML is not valid. */
export async function simulate(xml: string): Promise<Simulation> {
  loading ??= loadMujoco();
  const mujoco = await loading;
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
