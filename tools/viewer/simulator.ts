import { describeEnvironment, make, MOST_CONTACTS, poser, type EnvironmentDescription, type Poser } from "../../envs/index.ts";
import { contactWidth, poseWidth, type Column, type Robot } from "../../src/viewer/scene.ts";
import { robotShape } from "./robot-shape.ts";

/** What is needed to draw one kind of robot; shared by all its episodes. */
export interface Simulator {
  readonly description: EnvironmentDescription;
  readonly robot: Robot;
  /** The columns of its episodes, given the number of channels. */
  columns(channels: number): readonly Column[];
  /** Writes the bodies' frames of these positions. */
  pose(qpos: ArrayLike<number>, target: Float32Array): void;
  /** Contacts and torques in a state under an action, in arrays that the next call reuses; undefined without physics. */
  forces(qpos: ArrayLike<number>, qvel: ArrayLike<number>, action: ArrayLike<number>): { contacts: Float32Array; torques: Float32Array } | undefined;
  /** The observation of a state that is set by hand. */
  observe(qpos: ArrayLike<number>, qvel: ArrayLike<number>): Float64Array;
  /** Numbers of positions and of velocities, and seconds per step. */
  readonly sizes: { readonly qpos: number; readonly qvel: number; readonly dt: number };
  close(): void;
}

/** A bead's frame: the world's, and that of its first coordinate. */
function poseOfBead(qpos: ArrayLike<number>, target: Float32Array): void {
  target.set([0, 0, 0, 1, 0, 0, 0, qpos[0], 0, 0, 1, 0, 0, 0]);
}

export async function createSimulator(environmentId: string): Promise<Simulator> {
  const description = describeEnvironment(environmentId);
  const robot = await robotShape(description);
  const physics: Poser | undefined = description.physics && (await poser(description.physics.xml));
  const environment = await make(environmentId);
  const contacts = new Float32Array(MOST_CONTACTS * contactWidth);
  const torques = new Float32Array(robot.motors.length);
  const { observationSize, actionSize } = description.spec;
  return {
    description,
    robot,
    columns: (channels) => [
      { name: "pose", width: poseWidth * robot.bodies, type: "float32" },
      { name: "qpos", width: environment.qpos.length, type: "float64" },
      { name: "qvel", width: environment.qvel.length, type: "float64" },
      { name: "observation", width: observationSize, type: "float64" },
      { name: "action", width: actionSize, type: "float32" },
      { name: "channels", width: channels, type: "float32" },
      ...(physics
        ? ([
            { name: "contacts", width: contacts.length, type: "float32" },
            { name: "torques", width: torques.length, type: "float32" },
          ] as const)
        : []),
    ],
    pose: (qpos, target) => (physics ? physics.pose(qpos, target) : poseOfBead(qpos, target)),
    forces(qpos, qvel, action) {
      if (physics === undefined) return undefined;
      physics.forces(qpos, qvel, action, contacts, torques);
      return { contacts, torques };
    },
    observe: (qpos, qvel) => environment.setState(qpos, qvel),
    sizes: { qpos: environment.qpos.length, qvel: environment.qvel.length, dt: environment.dt },
    close() {
      physics?.close();
      environment.close();
    },
  };
}
