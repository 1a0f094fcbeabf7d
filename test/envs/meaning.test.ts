import { describe, expect, it } from "vitest";
import { describeEnvironment, describeModel, environmentSpec, listEnvironments, meaningDifference } from "../../envs/index.ts";
import { actuatorMeanings } from "../../envs/meaning.ts";

const difference = (a: string, b: string, input: "state" | "state-action" = "state") =>
  meaningDifference(environmentSpec(a), environmentSpec(b), input);

describe("rewards of states", () => {
  it("mean the same in versions and variants of a robot that observe the same, and nowhere else", () => {
    const ids = listEnvironments().map(({ id }) => id);
    const same = ids.flatMap((a, i) => ids.slice(i + 1).flatMap((b) => (difference(a, b) === undefined ? [`${a} ${b}`] : [])));
    expect(same.sort()).toEqual([
      "CustomAnt-v0 DisabledAnt-v0",
      "HalfCheetah-v5 HalfCheetah-v4",
      "Hopper-v5 Hopper-v4",
      "Walker2d-v5 Walker2d-v4",
    ].sort());
  });

  it("are told apart from those of another robot with as many numbers", () => {
    expect(environmentSpec("HalfCheetah-v5").observationSize).toBe(environmentSpec("Walker2d-v5").observationSize);
    expect(difference("HalfCheetah-v5", "Walker2d-v5")).toBe(
      'their observations differ: HalfCheetah-v5 has "half-cheetah: qpos without x (8)", Walker2d-v5 has "walker2d: qpos without x (8)"',
    );
    expect(difference("Ant-v4", "Ant-v5")).toBe(
      'their observations differ: Ant-v4 has no more, Ant-v5 has "ant: cfrc_ext, clipped to -1 … 1 (78)"',
    );
  });

  it("depend on the options that change what is observed", () => {
    const { spec } = describeEnvironment("CustomAnt-v0", { contact_force_range: [-2, 2] });
    expect(meaningDifference(spec, environmentSpec("DisabledAnt-v0"), "state")).toContain("cfrc_ext, clipped to -2 … 2");
    const seen = describeEnvironment("Hopper-v5", { exclude_current_positions_from_observation: false }).spec;
    expect(meaningDifference(seen, environmentSpec("Hopper-v5"), "state")).toContain("qpos (6)");
    const other = describeEnvironment("Hopper-v5", { healthy_reward: 2, max_episode_steps: 7 }).spec;
    expect(meaningDifference(other, environmentSpec("Hopper-v5"), "state-action")).toBeUndefined();
  });
});

describe("rewards of states and actions", () => {
  it("mean something else where motors have other strengths", () => {
    expect(difference("CustomAnt-v0", "DisabledAnt-v0", "state-action")).toBe(
      "their actions differ: " +
        'CustomAnt-v0 has "motor of hip_4: ctrllimited true, ctrlrange -1 1, gear 30", ' +
        'DisabledAnt-v0 has "motor of hip_4: ctrllimited true, ctrlrange -1 1, gear 1"',
    );
    expect(difference("Walker2d-v4", "Walker2d-v5", "state-action")).toBeUndefined();
  });

  it("mean something else where the motors have another order", () => {
    const actuators = (...joints: string[]) =>
      actuatorMeanings(`<mujoco><default><motor gear="3"/></default><actuator>${joints.map((one) => `<motor joint="${one}"/>`).join("")}</actuator></mujoco>`);
    expect(actuators("knee", "hip")).toEqual(["motor of knee: gear 3", "motor of hip: gear 3"]);
    const spec = (action: string[]) => ({ id: action[0], meaning: { observation: [], action } });
    expect(meaningDifference(spec(actuators("knee", "hip")), spec(actuators("hip", "knee")), "state-action")).toContain("their actions differ");
  });
});

describe("the compiled models", () => {
  const robots = listEnvironments().flatMap(({ id }) => {
    const { spec, physics } = describeEnvironment(id);
    return physics === undefined ? [] : [{ spec, xml: physics.xml }];
  });

  it("have the actuators that are read from their text", async () => {
    for (const { spec, xml } of robots) {
      const { actuators, joints } = await describeModel(xml);
      const found = actuators.map(({ joint, gear, ctrlrange }) => ({ joint: joints[joint ?? -1].name, gear, range: ctrlrange?.join(" ") }));
      const said = spec.meaning.action.map((text) => ({
        joint: /^motor of (\w+):/.exec(text)?.[1],
        gear: Number(/gear ([\d.]+)/.exec(text)?.[1]),
        range: /ctrlrange ([-\d. ]+)/.exec(text)?.[1],
      }));
      expect(said, spec.id).toEqual(found);
    }
  });

  it("have the same bodies and joints in the same order where observations mean the same", async () => {
    for (const [i, a] of robots.entries()) {
      for (const b of robots.slice(i + 1)) {
        if (meaningDifference(a.spec, b.spec, "state") !== undefined) continue;
        const [left, right] = await Promise.all([a, b].map(({ xml }) => describeModel(xml)));
        const skeleton = ({ bodies, joints }: typeof left) => [
          bodies.map(({ name, parent }) => [name, parent]),
          joints.map(({ name, type, body, axis }) => [name, type, body, axis]),
        ];
        expect(skeleton(left), `${a.spec.id} and ${b.spec.id}`).toEqual(skeleton(right));
      }
    }
  });
});
