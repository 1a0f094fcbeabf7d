import { describe, expect, it } from "vitest";
import { make } from "../../envs/index.ts";
import { HOPPER_MJCF } from "../../envs/hopper/model.ts";
import { CONES, INTEGRATORS, SOLVERS } from "../../envs/model-description.ts";
import { describeModel, simulate } from "../../envs/mujoco.ts";

const degrees = Math.PI / 180;

/** One of each kind of joint, some without a name; numbers that differ from every default. */
const MECHANISM = `
<mujoco>
  <option timestep="0.005" integrator="implicitfast" solver="CG" iterations="7" ls_iterations="9" tolerance="1e-6"
          ls_tolerance="0.02" cone="elliptic" impratio="2" gravity="1 2 -3" wind="4 5 6" density="1.5" viscosity="0.25">
    <flag warmstart="disable" energy="enable"/>
  </option>
  <worldbody>
    <geom type="plane" size="1 2 3"/>
    <body>
      <freejoint name="free"/>
      <geom name="ball" size="0.1" density="500"/>
      <body name="arm" pos="0 0 0.2" quat="0 1 0 0">
        <joint name="turn" type="hinge" axis="0 3 4" pos="0.1 0.2 0.3" range="-10 20" ref="1" springref="5"
               damping="2" armature="3" frictionloss="0.5" stiffness="6" margin="0.25" solreflimit="0.03 0.9"
               solimplimit="0.1 0.2 0.3 0.4 3"/>
        <joint name="push" type="slide" axis="1 0 0"/>
        <geom type="capsule" size="0.1 0.2" pos="1 2 3" quat="0 0 1 0" friction="0.7 0.2 0.1" condim="4"
              contype="2" conaffinity="5" priority="1" solmix="0.5" margin="0.02" gap="0.01" solref="0.04 0.8"
              solimp="0.5 0.6 0.01 0.4 3" rgba="0.25 0.5 0.75 1"/>
        <site name="a"/>
        <site name="b" pos="1 0 0"/>
        <body name="hand"><joint name="wrist" type="ball"/><geom name="box" type="box" size="0.1 0.2 0.3"/></body>
      </body>
    </body>
  </worldbody>
  <contact><exclude body1="arm" body2="hand"/><pair geom1="ball" geom2="box"/></contact>
  <equality><joint joint1="turn" polycoef="0 0 0 0 0"/></equality>
  <tendon>
    <fixed name="cable" stiffness="8" damping="9" frictionloss="0.1" range="-1 2">
      <joint joint="turn" coef="-1"/><joint joint="push" coef="2"/>
    </fixed>
    <spatial><site site="a"/><site site="b"/></spatial>
  </tendon>
  <actuator>
    <motor name="torque" joint="turn" gear="3" ctrlrange="-1 2"/>
    <position tendon="cable" kp="4" kv="0.5" forcerange="-5 6"/>
    <general joint="turn" dyntype="filter" dynprm="0.1" gaintype="affine" gainprm="1 2 3"/>
  </actuator>
</mujoco>`;

describe("describeModel", () => {
  it("reads back what an MJCF file says, and what follows from it", async () => {
    const model = await describeModel(MECHANISM);

    expect([model.nq, model.nv, model.na]).toEqual([7 + 1 + 1 + 4, 6 + 1 + 1 + 3, 1]);
    expect([model.pairs, model.excludes, model.equalities]).toEqual([1, 1, 1]);
    expect(model.option).toEqual({
      timestep: 0.005,
      integrator: "implicitfast",
      solver: "CG",
      iterations: 7,
      lsIterations: 9,
      tolerance: 1e-6,
      lsTolerance: 0.02,
      cone: "elliptic",
      impratio: 2,
      gravity: [1, 2, -3],
      wind: [4, 5, 6],
      density: 1.5,
      viscosity: 0.25,
      disableFlags: 1 << 9,
      enableFlags: 1 << 1,
    });

    expect(model.bodies.map(({ name, parent }) => [name, parent])).toEqual([
      ["world", 0],
      ["", 0],
      ["arm", 1],
      ["hand", 2],
    ]);
    const [world, ball, arm, hand] = model.bodies;
    expect(world.mass).toBe(0);
    // A sphere: m = ρ·4/3·π·r³, I = 2/5·m·r².
    const mass = ((500 * 4) / 3) * Math.PI * 1e-3;
    expect(ball.mass).toBeCloseTo(mass, 12);
    for (const moment of ball.inertia) expect(moment).toBeCloseTo(0.4 * mass * 0.01, 12);
    expect([arm.pos, arm.quat]).toEqual([
      [0, 0, 0.2],
      [0, 1, 0, 0],
    ]);
    expect(arm.ipos).toEqual([1, 2, 3]);
    // A box of 0.2 m × 0.4 m × 0.6 m: I = m/3·(b² + c²) of its half sizes, largest first in the inertial frame.
    const boxMass = 1000 * 0.2 * 0.4 * 0.6;
    expect(hand.mass).toBeCloseTo(boxMass, 10);
    const moments = [0.04 + 0.09, 0.01 + 0.09, 0.01 + 0.04].map((squares) => (boxMass * squares) / 3);
    hand.inertia.forEach((moment, i) => expect(moment).toBeCloseTo(moments[i], 10));
    expect(hand.iquat).toEqual([1, 0, 0, 0]);

    expect(model.joints.map(({ name, type, body }) => [name, type, body])).toEqual([
      ["free", "free", 1],
      ["turn", "hinge", 2],
      ["push", "slide", 2],
      ["wrist", "ball", 3],
    ]);
    const [free, turn, push, wrist] = model.joints;
    expect([free.range, push.range, wrist.range]).toEqual([null, null, null]);
    expect([free.qpos0, push.qpos0, wrist.qpos0]).toEqual([[0, 0, 0, 1, 0, 0, 0], [0], [1, 0, 0, 0]]);
    expect(turn).toEqual({
      name: "turn",
      type: "hinge",
      body: 2,
      axis: [0, 0.6, 0.8],
      pos: [0.1, 0.2, 0.3],
      range: [-10 * degrees, 20 * degrees],
      margin: 0.25,
      damping: 2,
      armature: 3,
      frictionloss: 0.5,
      stiffness: 6,
      springref: [5 * degrees],
      qpos0: [1 * degrees],
      solreflimit: [0.03, 0.9],
      solimplimit: [0.1, 0.2, 0.3, 0.4, 3],
    });

    expect(model.geoms.map(({ name, type, body }) => [name, type, body])).toEqual([
      ["", "plane", 0],
      ["ball", "sphere", 1],
      ["", "capsule", 2],
      ["box", "box", 3],
    ]);
    expect(model.geoms[0].size).toEqual([1, 2, 3]);
    expect(model.geoms[2]).toEqual({
      name: "",
      type: "capsule",
      body: 2,
      size: [0.1, 0.2, 0],
      pos: [1, 2, 3],
      quat: [0, 0, 1, 0],
      friction: [0.7, 0.2, 0.1],
      condim: 4,
      contype: 2,
      conaffinity: 5,
      priority: 1,
      solmix: 0.5,
      margin: 0.02,
      gap: 0.01,
      solref: [0.04, 0.8],
      solimp: [0.5, 0.6, 0.01, 0.4, 3],
      rgba: [0.25, 0.5, 0.75, 1],
    });

    const [torque, position, general] = model.actuators;
    expect(torque).toEqual({
      name: "torque",
      joint: 1,
      gear: 3,
      ctrlrange: [-1, 2],
      forcerange: null,
      dyntype: "none",
      gaintype: "fixed",
      biastype: "none",
      gainprm: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      biasprm: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    });
    expect(position).toMatchObject({ name: "", joint: null, gear: 1, ctrlrange: null, forcerange: [-5, 6] });
    expect([position.gaintype, position.gainprm[0]]).toEqual(["fixed", 4]);
    expect([position.biastype, position.biasprm.slice(0, 3)]).toEqual(["affine", [0, -4, -0.5]]);
    expect([general.dyntype, general.gaintype]).toEqual(["filter", "affine"]);
    expect(general.gainprm.slice(0, 4)).toEqual([1, 2, 3, 0]);

    expect(model.tendons).toEqual([
      {
        name: "cable",
        joints: [
          { joint: 1, coef: -1 },
          { joint: 2, coef: 2 },
        ],
        stiffness: 8,
        damping: 9,
        frictionloss: 0.1,
        range: [-1, 2],
      },
      { name: "", joints: [], stiffness: 0, damping: 0, frictionloss: 0, range: null },
    ]);
  });

  it.each([
    ["integrator", INTEGRATORS],
    ["solver", SOLVERS],
    ["cone", CONES],
  ] as const)("names every %s as MJCF does", async (attribute, keywords) => {
    for (const keyword of keywords) {
      const { option } = await describeModel(`<mujoco><option ${attribute}="${keyword}"/></mujoco>`);
      expect(option[attribute]).toBe(keyword);
    }
  });

  it.each(["sphere", "capsule", "ellipsoid", "cylinder", "box"])("names the shape %s", async (type) => {
    const { geoms } = await describeModel(
      `<mujoco><worldbody><geom type="${type}" size="1 1 1"/></worldbody></mujoco>`,
    );
    expect(geoms[0].type).toBe(type);
  });

  it.each(["none", "integrator", "filter", "filterexact", "muscle"])(
    "names the dynamics %s",
    async (type) => {
      const { actuators } = await describeModel(
        `<mujoco><worldbody><body><joint name="j"/><geom size="1"/></body></worldbody>
       <actuator><general joint="j" dyntype="${type}" dynprm="1" lengthrange="0 1"/></actuator></mujoco>`,
      );
      expect(actuators[0].dyntype).toBe(type);
    },
  );

  it("is plain data that outlives the model", async () => {
    const model = await describeModel(HOPPER_MJCF);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
    (await make("Hopper-v5")).close();
    expect(await describeModel(HOPPER_MJCF)).toEqual(model);
  });

  it("reports MuJoCo's message for a bad model", async () => {
    await expect(describeModel("<mujoco><option timestep='x'/></mujoco>")).rejects.toThrow(/XML Error/);
  });

  it("gives its memory back", async () => {
    const probe = await simulate(HOPPER_MJCF);
    const heapBytes = (): number => probe.fields().qpos.buffer.byteLength;
    const describeOften = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await describeModel(MECHANISM);
    };
    await describeOften(20);
    const bytes = heapBytes();
    await describeOften(600);
    expect(heapBytes()).toBe(bytes);
    probe.close();
  });
});
