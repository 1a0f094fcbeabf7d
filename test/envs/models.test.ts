import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeEnvironment, listEnvironments } from "../../envs/index.ts";
import type { ModelDescription } from "../../envs/model-description.ts";
import { describeModel } from "../../envs/mujoco.ts";

/** What native MuJoCo compiled from the MJCF of Gymnasium or f-IRL; test/fixtures/record.py made the files. */
interface CompiledModel {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly model: ModelDescription;
}

const folder = new URL("../fixtures/models/", import.meta.url);
const fixtures = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));

const fixtureOf = (id: string): string => fixtures.find((name) => name === id) ?? id.replace(/-v\d+$/, "");

const compiled = (id: string): CompiledModel =>
  JSON.parse(readFileSync(new URL(`${fixtureOf(id)}.json`, folder), "utf8")) as CompiledModel;

const robots = listEnvironments()
  .map(({ id }) => ({ id, physics: describeEnvironment(id).physics }))
  .flatMap(({ id, physics }) => (physics ? [{ id, xml: physics.xml }] : []));

/** What describes looks or is only a name. */
const notPhysics = ["name", "rgba"];

/** Every place where two descriptions differ by more than rounding, or one has what the other lacks. */
function differences(actual: unknown, expected: unknown, path = "model"): string[] {
  if (typeof actual === "object" && actual && typeof expected === "object" && expected) {
    const [ours, theirs] = [new Map(Object.entries(actual)), new Map(Object.entries(expected))];
    return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((key) =>
      notPhysics.includes(key) && !theirs.has(key)
        ? []
        : differences(ours.get(key), theirs.get(key), `${path}.${key}`),
    );
  }
  const equal =
    typeof actual === "number" && typeof expected === "number"
      ? Math.abs(actual - expected) <= 1e-12 * Math.abs(expected) + 1e-16
      : actual === expected;
  return equal ? [] : [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

const jointNames = ({ actuators, joints }: ModelDescription): string[] =>
  actuators.map(({ joint }) => joints[joint!].name);

describe.each(robots)("the model of $id", ({ id, xml }) => {
  const { model: expected } = compiled(id);

  it("is the one that native MuJoCo compiles from the public MJCF, in every number", async () => {
    const model = await describeModel(xml);
    // f-IRL's two ants order their actions differently; here both have one order, which is tested below.
    const ordered = id !== "DisabledAnt-v0";
    const actuators = ordered
      ? model.actuators
      : expected.actuators.map(({ joint }) => model.actuators.find((actuator) => actuator.joint === joint));
    expect(differences({ ...model, actuators }, expected)).toEqual([]);
  });
});

describe("the comparison", () => {
  it("sees a change in the twelfth digit of any kind of number", () => {
    const { model } = compiled("Hopper-v5");
    const { joints, bodies, geoms } = model;
    const changed = (part: Partial<ModelDescription>): string[] => differences({ ...model, ...part }, model);
    expect(changed({})).toEqual([]);
    expect(changed({ nq: 7 })).toEqual(["model.nq: 7, not 6"]);
    expect(changed({ geoms: geoms.slice(0, 4) })).toHaveLength(1);
    expect(changed({ bodies: bodies.map((body) => ({ ...body, mass: body.mass * (1 + 2e-12) })) })).toHaveLength(4);
    expect(changed({ joints: joints.map((joint) => ({ ...joint, range: null })) })).toHaveLength(3);
    expect(changed({ joints: joints.map((joint) => ({ ...joint, cost: 1 })) })).toHaveLength(6);
  });
});

describe("CustomAnt-v0 and DisabledAnt-v0", () => {
  it("take their actions in one order, that of Gymnasium's Ant", async () => {
    const order = ["hip_4", "ankle_4", "hip_1", "ankle_1", "hip_2", "ankle_2", "hip_3", "ankle_3"];
    for (const id of ["Ant-v5", "CustomAnt-v0", "DisabledAnt-v0"]) {
      expect(jointNames(await describeModel(robots.find((robot) => robot.id === id)!.xml))).toEqual(order);
    }
    expect(jointNames(compiled("CustomAnt-v0").model)).toEqual(order);
    expect(jointNames(compiled("DisabledAnt-v0").model)).toEqual([...order.slice(2), ...order.slice(0, 2)]);
  });
});

describe("the facts that the models were written from", () => {
  // Robot, nq, nv, bodies with the world, geoms with the floor, total mass in kg, time step in s.
  it.each([
    ["Hopper-v5", 6, 6, 5, 5, 15.820013, 0.002],
    ["HalfCheetah-v5", 9, 9, 8, 9, 14, 0.01],
    ["Walker2d-v5", 9, 9, 8, 8, 23.677137, 0.002],
    ["Ant-v5", 15, 14, 14, 14, 0.91088, 0.01],
    ["Humanoid-v5", 24, 23, 14, 18, 42.11603, 0.003],
    ["CustomAnt-v0", 15, 14, 14, 20, 0.922352, 0.01],
    ["DisabledAnt-v0", 15, 14, 14, 20, 0.837049, 0.01],
  ])("hold for %s", async (id, nq, nv, bodies, geoms, mass, timestep) => {
    const model = await describeModel(robots.find((robot) => robot.id === id)!.xml);
    expect([model.nq, model.nv, model.bodies.length, model.geoms.length]).toEqual([nq, nv, bodies, geoms]);
    expect(model.bodies.reduce((sum, body) => sum + body.mass, 0)).toBeCloseTo(mass, 6);
    expect(model.option.timestep).toBe(timestep);
  });
});
