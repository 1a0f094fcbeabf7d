import {
  describeModel,
  type EnvironmentDescription,
  type GeomDescription,
  type JointDescription,
  type ModelDescription,
} from "../../envs/index.ts";
import type { Coordinate, Motor, Robot, Shape, ShapeType } from "../../src/viewer/scene.ts";

const drawn: readonly string[] = ["plane", "sphere", "capsule", "ellipsoid", "cylinder", "box"] satisfies ShapeType[];

const shapeOf = ({ type, body, size, pos, quat }: GeomDescription): Shape => ({
  type: type as ShapeType,
  body,
  size,
  position: pos,
  quaternion: quat,
});

/** What sliders of velocities span, rad/s and m/s. */
const velocityRange = { angular: [-15, 15], linear: [-8, 8] } as const;
/** What sliders of positions without limits span, around the initial one. */
const positionRange = { angular: [-Math.PI, Math.PI], linear: [-1.5, 1.5] } as const;

const parts = ["x", "y", "z"] as const;

/** The coordinates of a joint in qpos (from `q` on) and in qvel (from `v` on). */
function coordinatesOf(joint: JointDescription, q: number, v: number): { positions: Coordinate[]; velocities: Coordinate[] } {
  const { name, type, range, qpos0 } = joint;
  const around = (center: number, [low, high]: readonly [number, number]): [number, number] => [center + low, center + high];
  const linear = (part: string, i: number): Coordinate => ({
    name: `${name} ${part}`,
    index: q + i,
    unit: "m",
    range: around(qpos0[i], positionRange.linear),
  });
  const quaternion = (first: number): Coordinate[] =>
    ["w", "x", "y", "z"].map((part, i) => ({ name: `${name} q${part}`, index: q + first + i, unit: "", range: [-1, 1] }));
  const speeds = (first: number, kind: keyof typeof velocityRange): Coordinate[] =>
    parts.map((part, i) => ({
      name: kind === "angular" ? `${name} ω${part}` : `${name} ${part}`,
      index: v + first + i,
      unit: kind === "angular" ? "rad/s" : "m/s",
      range: velocityRange[kind],
    }));
  switch (type) {
    case "free":
      return { positions: [...parts.map(linear), ...quaternion(3)], velocities: [...speeds(0, "linear"), ...speeds(3, "angular")] };
    case "ball":
      return { positions: quaternion(0), velocities: speeds(0, "angular") };
    case "slide":
    case "hinge": {
      const kind = type === "hinge" ? "angular" : "linear";
      const unit = type === "hinge" ? "rad" : "m";
      return {
        positions: [{ name, index: q, unit, range: range ?? around(qpos0[0], positionRange[kind]) }],
        velocities: [{ name, index: v, unit: `${unit}/s`, range: velocityRange[kind] }],
      };
    }
  }
}

const velocitiesOf = { free: 6, ball: 3, slide: 1, hinge: 1 } as const;

function motorsOf({ actuators, joints }: ModelDescription): Motor[] {
  return actuators.map(({ name, joint, gear, ctrlrange, gainprm }) => {
    const driven = joint === null ? undefined : joints[joint];
    const control = ctrlrange === null ? 1 : Math.max(Math.abs(ctrlrange[0]), Math.abs(ctrlrange[1]));
    return {
      name,
      body: driven?.body ?? -1,
      position: driven?.pos ?? [0, 0, 0],
      axis: driven?.axis ?? [0, 0, 1],
      limit: Math.abs(gear * gainprm[0]) * control,
    };
  });
}

function robotOf(id: string, model: ModelDescription): Robot {
  let [q, v] = [0, 0];
  const coordinates = model.joints.map((joint) => {
    const found = coordinatesOf(joint, q, v);
    q += joint.qpos0.length;
    v += velocitiesOf[joint.type];
    return found;
  });
  const mass = model.bodies.reduce((sum, body) => sum + body.mass, 0);
  return {
    id,
    bodies: model.bodies.length,
    shapes: model.geoms.filter(({ type }) => drawn.includes(type)).map(shapeOf),
    motors: motorsOf(model),
    positions: coordinates.flatMap(({ positions }) => positions),
    velocities: coordinates.flatMap(({ velocities }) => velocities),
    root: Math.min(1, model.bodies.length - 1),
    weight: mass * Math.hypot(...model.option.gravity),
  };
}

/** A task that MuJoCo does not simulate, as a bead on a line at its first coordinate. */
const bead = (id: string): Robot => ({
  id,
  bodies: 2,
  shapes: [{ type: "sphere", body: 1, size: [0.12], position: [0, 0, 0.12], quaternion: [1, 0, 0, 0] }],
  motors: [],
  positions: [{ name: "position", index: 0, unit: "m", range: [-1.5, 1.5] }],
  velocities: [{ name: "velocity", index: 0, unit: "m/s", range: [-2, 2] }],
  root: 1,
  weight: 1,
});

/** What a robot looks like, and which of its coordinates can be turned. */
export async function robotShape({ spec, physics }: EnvironmentDescription): Promise<Robot> {
  return physics === undefined ? bead(spec.id) : robotOf(spec.id, await describeModel(physics.xml));
}
