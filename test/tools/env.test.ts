import { describe, expect, it } from "vitest";
import { listEnvironments } from "../../envs/index.ts";
import type { EnvironmentReport } from "../../tools/environment-report.ts";
import { motive, printed, temporaryFolder } from "./command-line.ts";

const folder = temporaryFolder();
const ids = listEnvironments().map(({ id }) => id);

async function report(id: string): Promise<EnvironmentReport> {
  return JSON.parse(await printed("env", id, "--json")) as EnvironmentReport;
}

/** Lines of the section of that title, without their margin. */
function section(text: string, title: string): string[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(title));
  expect(start, `no section "${title}" in\n${text}`).toBeGreaterThanOrEqual(0);
  const end = lines.indexOf("", start);
  return lines.slice(start + 1, end < 0 ? undefined : end).map((line) => line.slice(2));
}

describe("motive env --json", () => {
  // Observation, action, nq, nv, bodies without the world, time step, frame skip, kg, as Gymnasium and f-IRL have them.
  it.each([
    ["Hopper-v5", 11, 3, 6, 6, 4, 0.002, 4, 15.820013],
    ["Hopper-v4", 11, 3, 6, 6, 4, 0.002, 4, 15.820013],
    ["HalfCheetah-v5", 17, 6, 9, 9, 7, 0.01, 5, 14],
    ["HalfCheetah-v4", 17, 6, 9, 9, 7, 0.01, 5, 14],
    ["Walker2d-v5", 17, 6, 9, 9, 7, 0.002, 4, 23.677137],
    ["Walker2d-v4", 17, 6, 9, 9, 7, 0.002, 4, 23.677137],
    ["Ant-v5", 105, 8, 15, 14, 13, 0.01, 5, 0.91088],
    ["Ant-v4", 27, 8, 15, 14, 13, 0.01, 5, 0.91088],
    ["Humanoid-v5", 348, 17, 24, 23, 13, 0.003, 5, 42.11603],
    ["Humanoid-v4", 376, 17, 24, 23, 13, 0.003, 5, 42.11603],
    ["CustomAnt-v0", 111, 8, 15, 14, 13, 0.01, 5, 0.922352],
    ["DisabledAnt-v0", 111, 8, 15, 14, 13, 0.01, 5, 0.837049],
  ])(
    "has the sizes, times and masses of %s",
    async (id, observation, action, nq, nv, bodies, timestep, skip, mass) => {
      const { physics, ...rest } = await report(id);
      expect(rest.id).toBe(id);
      expect([rest.observation.size, rest.action.size]).toEqual([observation, action]);
      expect(rest.state).toEqual({ qpos: nq, qvel: nv });
      expect(rest.time.dt).toBeCloseTo(timestep * skip, 12);
      expect([physics!.option.timestep, physics!.frameSkip]).toEqual([timestep, skip]);
      expect(physics!.bodies.filter(({ parent }) => parent !== null)).toHaveLength(bodies);
      expect(physics!.totalMass).toBeCloseTo(mass, 6);
      expect(physics!.actuators).toHaveLength(action);
      const last = physics!.joints.at(-1)!;
      expect(last.first + last.qpos0.length).toBe(nq);
    },
  );

  it.each(ids)("is one consistent object for %s", async (id) => {
    const { observation, action, reward, time, options, physics } = await report(id);
    let end = 0;
    for (const part of observation.parts) {
      expect(part.first).toBe(end);
      end += part.size;
    }
    expect(end).toBe(observation.size);
    expect(action.low).toEqual(action.high.map((high) => -high));
    expect(reward.length).toBeGreaterThan(1);
    expect(time.maxEpisodeSteps).toBe(options.max_episode_steps);
    for (const { joint } of physics?.actuators ?? [])
      expect(physics!.joints.map(({ name }) => name)).toContain(joint);
    for (const { parent } of physics?.bodies.slice(1) ?? [])
      expect(physics!.bodies.map(({ name }) => name)).toContain(parent);
  });

  it("gives the ants of the transfer study one order of actions, leg 4 first", async () => {
    const motors = async (id: string) =>
      (await report(id)).physics!.actuators.map(({ joint, gear }) => [joint, gear]);
    const joints = [4, 1, 2, 3].flatMap((leg) => [`hip_${leg}`, `ankle_${leg}`]);
    expect(await motors("CustomAnt-v0")).toEqual(joints.map((joint) => [joint, 30]));
    expect(await motors("DisabledAnt-v0")).toEqual(
      joints.map((joint) => [joint, /[34]/.test(joint) ? 1 : 30]),
    );
    expect(await motors("Ant-v5")).toEqual(joints.map((joint) => [joint, 150]));
  });

  it("has angles in radians, and null for what has no limit", async () => {
    const { physics, options } = await report("Hopper-v5");
    const range = (name: string) => physics!.joints.find((joint) => joint.name === name)!.range;
    expect(range("rootx")).toBe(null);
    expect(range("foot_joint")).toEqual([-Math.PI / 4, Math.PI / 4]);
    expect(options.healthy_z_range).toEqual([0.7, null]);
  });

  it("describes an environment without a robot", async () => {
    expect(await report("Regulator-v0")).toEqual({
      id: "Regulator-v0",
      title: expect.stringContaining("a mass on a line") as string,
      observation: {
        size: 2,
        parts: [
          { name: "position", first: 0, size: 1 },
          { name: "velocity", first: 1, size: 1 },
        ],
      },
      action: { size: 1, low: [-1], high: [1] },
      state: { qpos: 1, qvel: 1 },
      time: { dt: 0.1, maxEpisodeSteps: 50 },
      reward: [
        { name: "reward_state", formula: expect.stringContaining("velocity²") as string },
        { name: "reward_ctrl", formula: expect.stringContaining("action²") as string },
      ],
      termination: "never",
      info: ["reward_state", "reward_ctrl"],
      options: { max_episode_steps: 50 },
      physics: null,
    });
  });
});

describe("motive env", () => {
  it("lays a robot out for people: degrees, a tree of bodies, formulas, options", () => {
    const { code, stdout, stderr } = motive(folder, "env", "Hopper-v5");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Hopper-v5\nHopper: a planar one-legged robot that hops forward\n\n/);
    expect(section(stdout, "Observation: 11 numbers").map((line) => line.split("  ")[0])).toEqual([
      "0–4",
      "5–10",
    ]);
    expect(section(stdout, "Action: 3 numbers")).toEqual([
      "   range   actuator     joint        gear (N·m)",
      "0  -1 … 1  thigh_motor  thigh_joint         200",
      "1  -1 … 1  leg_motor    leg_joint           200",
      "2  -1 … 1  foot_motor   foot_joint          200",
    ]);
    expect(section(stdout, "Reward of a step")).toContainEqual(
      expect.stringMatching(/^reward_ctrl +−ctrl_cost_weight · ‖action‖²$/),
    );
    expect(section(stdout, "Terminates").join()).toContain("unhealthy");
    expect(section(stdout, "Info of a step").join()).toContain("z_distance_from_origin, x_velocity");
    const options = section(stdout, "Options, with their defaults");
    expect(options).toContainEqual(expect.stringMatching(/^healthy_z_range +\[0\.7, Infinity\]$/));
    expect(section(stdout, "Simulation").slice(0, 3)).toEqual([
      "step (dt)  0.008 s = 4 × 0.002 s",
      "episode    1000 steps = 8 s, then truncated",
      "state      6 positions (qpos), 6 velocities (qvel)",
    ]);
    expect(section(stdout, "Bodies: 4, 15.82 kg in all").slice(1)).toEqual([
      "torso       3.66519       0.9  capsule r 0.05 l 0.4",
      "  thigh     4.05789       0.9  capsule r 0.05 l 0.45",
      "    leg     2.78136       0.9  capsule r 0.04 l 0.5",
      "      foot  5.31557         2  capsule r 0.06 l 0.39",
    ]);
    const joints = section(stdout, "Joints").map((line) => line.split(/ {2,}/));
    expect(joints[1]).toEqual(["0", "rootx", "torso", "slide", "unlimited", "0", "0", "0"]);
    expect(joints[6]).toEqual(["5", "foot_joint", "foot", "hinge", "-45° … 45°", "1", "1", "0"]);
  });

  it("shows where versions differ: the grip of Walker2d's right foot", async () => {
    const grip = async (id: string) =>
      section(await printed("env", id), "Bodies")
        .filter((line) => line.includes("foot"))
        .map((line) => line.trim().split(/ {2,}/)[2]);
    expect(await grip("Walker2d-v5")).toEqual(["1.9", "1.9"]);
    expect(await grip("Walker2d-v4")).toEqual(["0.9", "1.9"]);
  });

  it("counts equal shapes and shows tendons", async () => {
    const torso = section(await printed("env", "CustomAnt-v0"), "Bodies").slice(1, 5);
    expect(torso.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ["torso", "0.338721", "1.5", "sphere r 0.25"],
      ["2 × capsule r 0.03 l 0.21"],
      ["2 × capsule r 0.02 l 0.23"],
      ["2 × capsule r 0.02 l 0.0671"],
    ]);
    expect(section(await printed("env", "Humanoid-v5"), "Tendons")).toEqual([
      "left_hipknee   -1 · left_hip_y + 1 · left_knee",
      "right_hipknee  -1 · right_hip_y + 1 · right_knee",
    ]);
  });

  it("describes an environment without a robot", async () => {
    const stdout = await printed("env", "Regulator-v0");
    expect(section(stdout, "Action: 1 number")).toEqual(["   range", "0  -1 … 1"]);
    expect(section(stdout, "Simulation")[0]).toBe("step (dt)  0.1 s");
    expect(stdout).not.toMatch(/Bodies|Joints|MuJoCo|NaN|undefined/);
  });

  it.each(ids)("leaves no hole in the text of %s", async (id) => {
    const stdout = await printed("env", id);
    expect(stdout).not.toMatch(/NaN|undefined|null|\[object/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThan(120);
  });

  it("refuses an unknown id in one line", () => {
    expect(motive(folder, "env", "Humanoid-v6")).toEqual({
      code: 2,
      stdout: "",
      stderr: 'motive: unknown environment "Humanoid-v6"; did you mean Humanoid-v5 or Humanoid-v4?\n',
    });
  });

  it("is in the help, with an example of its own", () => {
    expect(motive(folder, "--help").stdout).toMatch(/\n {2}env .*describe one environment/);
    expect(motive(folder, "env", "--help").stdout).toContain("$ motive env Hopper-v5");
  });
});

describe("motive list envs", () => {
  it("is a table of all ids with their sizes", async () => {
    const stdout = await printed("list", "envs");
    const rows = stdout.trimEnd().split("\n");
    expect(rows[1].trim().split(/ +/)).toEqual(["id", "observation", "action", "steps"]);
    expect(rows.slice(2).map((row) => row.trim().split(/ +/)[0])).toEqual(ids);
    expect(stdout).toMatch(/\n {2}Humanoid-v5 +348 +17 +1000 {2}Humanoid: /);
  });

  it("has the same as JSON", async () => {
    const { envs } = JSON.parse(await printed("list", "envs", "--json")) as { envs: { id: string }[] };
    expect(envs.map(({ id }) => id)).toEqual(ids);
    expect(envs).toContainEqual({
      id: "DisabledAnt-v0",
      title: expect.stringContaining("short and weak legs") as string,
      observationSize: 111,
      actionSize: 8,
      maxEpisodeSteps: 500,
    });
  });
});
