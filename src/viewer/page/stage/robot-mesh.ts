import type {
  BufferGeometry} from "three";
import {
  BoxGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  Group,
  Mesh,
  MeshStandardMaterial,
  Quaternion,
  SphereGeometry,
  Vector3,
  type Object3D,
} from "three";
import { poseWidth, type Robot, type Shape } from "../../scene.ts";

/** A robot as it is drawn. */
export interface RobotMesh {
  readonly object: Object3D;
  readonly robot: Robot;
  /** One group per body. */
  readonly bodies: readonly Group[];
  /** Metres from the root to the farthest point, in the pose that was set first. */
  readonly extent: number;
  pose(pose: ArrayLike<number>): void;
  /** Between two poses, `fraction` of the way from a to b. */
  between(a: ArrayLike<number>, b: ArrayLike<number>, fraction: number): void;
  setTranslucent(translucent: boolean): void;
  dispose(): void;
}

/** Geometries with their long axis along z, as MuJoCo has it; three.js has it along y. */
function geometryOf({ type, size }: Shape): BufferGeometry | undefined {
  const [a, b = a, c = a] = size;
  switch (type) {
    case "sphere":
      return new SphereGeometry(a, 32, 20);
    case "capsule":
      return new CapsuleGeometry(a, 2 * b, 10, 28).rotateX(Math.PI / 2);
    case "cylinder":
      return new CylinderGeometry(a, a, 2 * b, 32).rotateX(Math.PI / 2);
    case "ellipsoid":
      return new SphereGeometry(1, 32, 20).scale(a, b, c);
    case "box":
      return new BoxGeometry(2 * a, 2 * b, 2 * c);
    case "plane":
      // the stage has a ground of its own, that follows
      return undefined;
  }
}

const setQuaternion = (target: Quaternion, [w, x, y, z]: readonly number[]): Quaternion => target.set(x, y, z, w);

/** A shape's radius, by which joints are drawn. */
const radiusOf = ({ type, size }: Shape): number => (type === "box" ? Math.min(...size) : size[0]);

export function createRobotMesh(robot: Robot, color: string): RobotMesh {
  const base = new Color(color);
  const skin = (lightness: number): MeshStandardMaterial =>
    new MeshStandardMaterial({ color: base.clone().offsetHSL(0, 0, lightness), roughness: 0.48, metalness: 0.08 });
  // neighbours in the tree differ a little, so that limbs in front of one another stay apart
  const skins = [skin(0), skin(0.055), skin(-0.045)];
  const hub = new MeshStandardMaterial({ color: new Color("#30343c"), roughness: 0.35, metalness: 0.45 });
  const geometries: BufferGeometry[] = [];
  const object = new Group();
  const bodies = Array.from({ length: robot.bodies }, () => new Group());
  for (const body of bodies) object.add(body);
  const radii = new Map<number, number>();

  const add = (body: Group, geometry: BufferGeometry, material: MeshStandardMaterial): Mesh => {
    geometries.push(geometry);
    const mesh = new Mesh(geometry, material);
    mesh.castShadow = true;
    mesh.receiveShadow = true;
    body.add(mesh);
    return mesh;
  };
  for (const shape of robot.shapes) {
    const geometry = geometryOf(shape);
    if (geometry === undefined) continue;
    const mesh = add(bodies[shape.body], geometry, skins[shape.body % skins.length]);
    mesh.position.fromArray(shape.position as number[]);
    setQuaternion(mesh.quaternion, shape.quaternion);
    radii.set(shape.body, Math.max(radii.get(shape.body) ?? 0, radiusOf(shape)));
  }
  for (const { body, position, axis } of robot.motors) {
    const radius = radii.get(body);
    if (body < 0 || radius === undefined) continue;
    const mesh = add(bodies[body], new CylinderGeometry(0.62 * radius, 0.62 * radius, 2.7 * radius, 24), hub);
    mesh.position.fromArray(position as number[]);
    mesh.quaternion.setFromUnitVectors(new Vector3(0, 1, 0), new Vector3().fromArray(axis as number[]).normalize());
  }

  let extent = 0;
  const measure = (pose: ArrayLike<number>): void => {
    const root = new Vector3(pose[7 * robot.root], pose[7 * robot.root + 1], pose[7 * robot.root + 2]);
    for (const { type, body, size } of robot.shapes) {
      if (type === "plane") continue;
      const center = new Vector3(pose[7 * body], pose[7 * body + 1], pose[7 * body + 2]);
      extent = Math.max(extent, center.distanceTo(root) + Math.max(...size));
    }
  };
  const [first, second] = [new Quaternion(), new Quaternion()];
  const place = (a: ArrayLike<number>, b: ArrayLike<number>, fraction: number): void => {
    if (extent === 0) measure(a);
    bodies.forEach((body, i) => {
      const at = poseWidth * i;
      const mix = (j: number): number => a[at + j] + fraction * (b[at + j] - a[at + j]);
      body.position.set(mix(0), mix(1), mix(2));
      first.set(a[at + 4], a[at + 5], a[at + 6], a[at + 3]);
      second.set(b[at + 4], b[at + 5], b[at + 6], b[at + 3]);
      body.quaternion.slerpQuaternions(first, second, fraction);
    });
  };

  return {
    object,
    robot,
    bodies,
    get extent() {
      return extent;
    },
    pose: (pose) => place(pose, pose, 0),
    between: place,
    setTranslucent(translucent) {
      for (const material of [...skins, hub]) {
        if (material.transparent === translucent) continue;
        material.transparent = translucent;
        material.opacity = translucent ? 0.42 : 1;
        material.needsUpdate = true;
      }
    },
    dispose() {
      for (const geometry of geometries) geometry.dispose();
      for (const material of [...skins, hub]) material.dispose();
    },
  };
}
