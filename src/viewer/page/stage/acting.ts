import { Color, ConeGeometry, CylinderGeometry, Group, Mesh, MeshBasicMaterial, Quaternion, TorusGeometry, Vector3, type Object3D } from "three";
import { contactWidth } from "../../scene.ts";
import type { RobotMesh } from "./robot-mesh.ts";

/** What acts on a robot: arrows of contact forces, arcs of torques. */
export interface Acting {
  readonly object: Object3D;
  /** [contacts, 6]; undefined hides them. */
  setContacts(contacts: ArrayLike<number> | undefined): void;
  /** [motors]; undefined hides them. */
  setTorques(torques: ArrayLike<number> | undefined): void;
  dispose(): void;
}

/** An arrow of a robot's own weight is this long. */
const metresPerWeight = 0.45;
const longest = 1.6;
const thickness = 0.014;
const forceColor = "#d43d6b";
const torqueColors = { positive: "#f2a71b", negative: "#2aa7c9" } as const;
const up = new Vector3(0, 1, 0);

function arrow(material: MeshBasicMaterial): { object: Group; set(from: Vector3, direction: Vector3, length: number): void } {
  const shaft = new Mesh(new CylinderGeometry(thickness, thickness, 1, 12).translate(0, 0.5, 0), material);
  const head = new Mesh(new ConeGeometry(2.6 * thickness, 6 * thickness, 16).translate(0, 3 * thickness, 0), material);
  const object = new Group();
  object.add(shaft, head);
  return {
    object,
    set(from, direction, length) {
      object.position.copy(from);
      object.quaternion.setFromUnitVectors(up, direction);
      shaft.scale.y = Math.max(0.001, length);
      head.position.y = length;
    },
  };
}

export function createActing(mesh: RobotMesh): Acting {
  const { robot, bodies } = mesh;
  const object = new Group();
  const force = new MeshBasicMaterial({ color: forceColor, depthTest: false, transparent: true, opacity: 0.9 });
  const arrows: ReturnType<typeof arrow>[] = [];
  const arcs = robot.motors.map(({ body, position, axis }) => {
    const material = new MeshBasicMaterial({ color: torqueColors.positive, depthTest: false, transparent: true, opacity: 0.9 });
    const ring = new Mesh(new TorusGeometry(0.16, 0.014, 10, 40, 1.4 * Math.PI), material);
    const tip = new Mesh(new ConeGeometry(0.042, 0.1, 16), material);
    tip.position.set(0.16 * Math.cos(1.4 * Math.PI), 0.16 * Math.sin(1.4 * Math.PI), 0);
    tip.rotation.z = 1.4 * Math.PI;
    const group = new Group();
    group.add(ring, tip);
    group.position.fromArray(position as number[]);
    const turned = new Quaternion().setFromUnitVectors(new Vector3(0, 0, 1), new Vector3().fromArray(axis as number[]).normalize());
    group.visible = false;
    group.renderOrder = 2;
    if (body >= 0) bodies[body].add(group);
    return { group, material, turned };
  });
  const mirrored = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), Math.PI);

  return {
    object,
    setContacts(contacts) {
      const count = contacts === undefined ? 0 : contacts.length / contactWidth;
      for (let i = 0; i < Math.max(count, arrows.length); i++) {
        if (arrows[i] === undefined) {
          arrows[i] = arrow(force);
          arrows[i].object.renderOrder = 3;
          object.add(arrows[i].object);
        }
        const row = i < count && contacts ? Array.from({ length: contactWidth }, (_, j) => contacts[contactWidth * i + j]) : undefined;
        const newtons = row ? Math.hypot(row[3], row[4], row[5]) : 0;
        const length = Math.min(longest, (metresPerWeight * newtons) / robot.weight);
        arrows[i].object.visible = length > 0.005;
        if (row && length > 0.005) {
          arrows[i].set(new Vector3(row[0], row[1], row[2]), new Vector3(row[3], row[4], row[5]).divideScalar(newtons), length);
        }
      }
    },
    setTorques(torques) {
      arcs.forEach(({ group, material, turned }, i) => {
        const share = torques ? torques[i] / (robot.motors[i].limit || 1) : 0;
        group.visible = Math.abs(share) > 0.02;
        if (!group.visible) return;
        group.scale.setScalar(0.35 + 0.9 * Math.min(1, Math.abs(share)));
        material.color = new Color(share > 0 ? torqueColors.positive : torqueColors.negative);
        group.quaternion.copy(turned);
        if (share < 0) group.quaternion.multiply(mirrored);
      });
    },
    dispose() {
      object.traverse((child) => {
        if (child instanceof Mesh) (child as Mesh).geometry.dispose();
      });
      force.dispose();
      for (const { material } of arcs) material.dispose();
    },
  };
}
