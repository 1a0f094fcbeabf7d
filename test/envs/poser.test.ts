import { describe, expect, it } from "vitest";
import { describeEnvironment, describeModel, make, MOST_CONTACTS, poser } from "../../envs/index.ts";
import { simulate } from "../../envs/mujoco.ts";
import { createRandom } from "../../src/random/index.ts";

const xmlOf = (id: string): string => describeEnvironment(id).physics!.xml;

describe("a poser", () => {
  it.each(["Hopper-v5", "Ant-v5", "Humanoid-v5"])("puts the bodies of %s where its own simulation has them", async (id) => {
    const [looking, simulation] = [await poser(xmlOf(id)), await simulate(xmlOf(id))];
    const random = createRandom(3);
    const pose = new Float32Array(7 * looking.bodies);
    for (let i = 0; i < 20; i++) {
      simulation.reset();
      const { qpos } = simulation.fields();
      // around the initial pose: limbs that pass through one another make more contacts than the arena holds
      for (let j = 0; j < qpos.length; j++) qpos[j] += 0.2 * random.normal();
      const given = qpos.slice();
      simulation.forward();
      looking.pose(given, pose);
      const { xpos } = simulation.fields();
      for (let body = 0; body < looking.bodies; body++) {
        for (let axis = 0; axis < 3; axis++) expect(pose[7 * body + axis]).toBeCloseTo(xpos[3 * body + axis], 5);
        // a rotation has length 1, also where the given coordinates of a free joint do not
        expect(Math.hypot(...pose.subarray(7 * body + 3, 7 * body + 7))).toBeCloseTo(1, 5);
      }
    }
    looking.close();
    simulation.close();
  });

  it("leaves every simulation as it is", async () => {
    const [environment, undisturbed, looking] = [await make("Ant-v5"), await make("Ant-v5"), await poser(xmlOf("Ant-v5"))];
    environment.reset({ seed: 1 });
    undisturbed.reset({ seed: 1 });
    const [pose, contacts, torques] = [new Float32Array(7 * looking.bodies), new Float32Array(6 * MOST_CONTACTS), new Float32Array(8)];
    const random = createRandom(2);
    for (let i = 0; i < 50; i++) {
      const action = environment.actionSpace.sample(random);
      looking.pose(environment.qpos, pose);
      looking.forces(environment.qpos, environment.qvel, action, contacts, torques);
      expect(environment.step(action)).toEqual(undisturbed.step(action));
    }
    for (const each of [environment, undisturbed, looking]) each.close();
  });

  it("tells of a robot at rest on the ground that the ground carries its weight", async () => {
    const xml = xmlOf("HalfCheetah-v5");
    const [environment, looking] = [await make("HalfCheetah-v5"), await poser(xml)];
    const still = new Float64Array(6);
    environment.setState(new Float64Array(9), new Float64Array(9));
    for (let i = 0; i < 200; i++) environment.step(still);
    const [contacts, torques] = [new Float32Array(6 * MOST_CONTACTS), new Float32Array(6)];
    looking.forces(environment.qpos, environment.qvel, still, contacts, torques);
    let upward = 0;
    for (let i = 0; i < MOST_CONTACTS; i++) {
      upward += contacts[6 * i + 5];
      // on the ground, where there is a contact at all
      if (contacts[6 * i + 5] !== 0) expect(Math.abs(contacts[6 * i + 2])).toBeLessThan(0.02);
    }
    const { bodies } = await describeModel(xml);
    const weight = 9.81 * bodies.reduce((sum, { mass }) => sum + mass, 0);
    expect(upward / weight).toBeCloseTo(1, 1);
    expect([...torques]).toEqual([0, 0, 0, 0, 0, 0]);
    // gears of the model: 120 … 30 N·m for a full control, beyond which controls are cut
    looking.forces(environment.qpos, environment.qvel, [1, -1, 0.5, 2, 0, 0], contacts, torques);
    expect([...torques]).toEqual([120, -90, 30, 120, 0, 0]);
    environment.close();
    looking.close();
  });
});
