import { Command } from "commander";
import type { EnvironmentReport } from "../environment-report.ts";
import { formatTable, printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples } from "./options.ts";

/** Six digits say enough to a person; `--json` has all. */
const showNumber = (x: number): string => String(Number(x.toPrecision(6)));

const showInterval = (low: number, high: number, unit = ""): string =>
  `${showNumber(low)}${unit} … ${showNumber(high)}${unit}`;

/** As it is written in a program: `[0.7, Infinity]`. */
const showOption = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(String).join(", ")}]` : String(value);

/** `3` for one index, `3–6` for several. */
const showIndices = (first: number, count: number): string =>
  count === 1 ? String(first) : `${first}–${first + count - 1}`;

const degrees = (radians: number): number => Number(((radians * 180) / Math.PI).toFixed(1));

interface Section {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
  /** Columns that are flushed right. */
  readonly right?: readonly number[];
}

/** Names as lines of some 90 characters. */
function showNames(names: readonly string[]): string[][] {
  const lines: string[] = [];
  for (const name of names) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + name.length < 90) lines[lines.length - 1] = `${line}, ${name}`;
    else lines.push(name);
  }
  return lines.map((line, i) => [i < lines.length - 1 ? `${line},` : line]);
}

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

function taskSections(report: EnvironmentReport): Section[] {
  const { observation, action, reward, termination, info, options, physics } = report;
  return [
    {
      title: `Observation: ${countOf(observation.size, "number")}`,
      rows: observation.parts.map(({ name, first, size }) => [showIndices(first, size), name]),
    },
    {
      title: `Action: ${countOf(action.size, "number")}`,
      rows: [
        ["", "range", ...(physics ? ["actuator", "joint", "gear (N·m)"] : [])],
        ...action.low.map((low, i) => {
          const actuator = physics?.actuators[i];
          return [
            String(i),
            showInterval(low, action.high[i]),
            ...(actuator ? [actuator.name, actuator.joint ?? "", showNumber(actuator.gear)] : []),
          ];
        }),
      ],
      right: [4],
    },
    {
      title: "Reward of a step: the sum of",
      rows: reward.map(({ name, formula }) => [name, formula]),
    },
    { title: "Terminates", rows: [[termination]] },
    { title: "Info of a step", rows: showNames(info) },
    {
      title: "Options, with their defaults",
      rows: Object.entries(options).map(([name, value]) => [name, showOption(value)]),
    },
  ];
}

function simulationSection({ time, state, physics }: EnvironmentReport): Section {
  const { dt, maxEpisodeSteps } = time;
  const seconds = (x: number): string => `${showNumber(x)} s`;
  const rows = [
    [
      "step (dt)",
      physics ? `${seconds(dt)} = ${physics.frameSkip} × ${seconds(physics.option.timestep)}` : seconds(dt),
    ],
    [
      "episode",
      Number.isFinite(maxEpisodeSteps)
        ? `${maxEpisodeSteps} steps = ${seconds(maxEpisodeSteps * dt)}, then truncated`
        : "no limit",
    ],
    ["state", `${countOf(state.qpos, "position")} (qpos), ${state.qvel} velocities (qvel)`],
  ];
  if (physics) {
    const { integrator, solver, iterations } = physics.option;
    rows.push(["MuJoCo", `integrator ${integrator}, solver ${solver} with up to ${iterations} iterations`]);
  }
  return { title: "Simulation", rows };
}

function physicsSections(physics: NonNullable<EnvironmentReport["physics"]>): Section[] {
  const { bodies, joints, tendons, totalMass } = physics;
  const robot = bodies.filter(({ parent }) => parent !== null);
  return [
    {
      title: `Bodies: ${robot.length}, ${showNumber(totalMass)} kg in all`,
      rows: [
        ["body", "kg", "friction", "shapes (r radius, l length without caps; metres)"],
        ...robot.flatMap(({ name, depth, mass, friction, shapes: [first = "", ...others] }) => [
          [`${"  ".repeat(depth - 1)}${name}`, showNumber(mass), friction.map(showNumber).join(", "), first],
          ...others.map((shape) => ["", "", "", shape]),
        ]),
      ],
      right: [1, 2],
    },
    {
      title:
        "Joints (hinges: damping in N·m·s/rad, armature in kg·m², stiffness in N·m/rad; slides: N·s/m, kg, N/m)",
      rows: [
        ["qpos", "joint", "body", "type", "range", "damping", "armature", "stiffness"],
        ...joints.map((joint) => {
          const { name, body, type, range, damping, armature, stiffness, first, qpos0 } = joint;
          const [low, high] = range ?? [];
          return [
            showIndices(first, qpos0.length),
            name,
            body,
            type,
            low === undefined || high === undefined
              ? "unlimited"
              : type === "hinge"
                ? showInterval(degrees(low), degrees(high), "°")
                : showInterval(low, high, type === "slide" ? " m" : ""),
            showNumber(damping),
            showNumber(armature),
            showNumber(stiffness),
          ];
        }),
      ],
      right: [5, 6, 7],
    },
    ...(tendons.length > 0
      ? [
          {
            title: "Tendons: sums of joint angles",
            rows: tendons.map(({ name, joints: summands }) => [
              name,
              summands.map(({ joint, coef }) => `${showNumber(coef)} · ${joint}`).join(" + "),
            ]),
          },
        ]
      : []),
  ];
}

export function envCommand(terminal: Terminal): Command {
  return new Command("env")
    .summary("describe one environment: its robot, observation, action and reward")
    .description(
      "Describes an environment with its default options: what is observed, which motors act, time step, reward, " +
        "termination, and the robot's bodies and joints.\n\n" +
        "With --json: angles in radians, SI units, full precision, null for what has no limit.",
    )
    .argument("<id>", "environment, as `motive list envs` names it")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive env Hopper-v5", "motive env Ant-v5 --json"))
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { findEnvironment } = await import("../names.ts");
      const { reportEnvironment } = await import("../environment-report.ts");
      const report = await reportEnvironment(findEnvironment(id).id);
      if (json) {
        printJson(terminal, report);
        return;
      }
      printLine(terminal, report.id);
      printLine(terminal, report.title);
      const sections: Section[] = [
        ...taskSections(report),
        simulationSection(report),
        ...(report.physics ? physicsSections(report.physics) : []),
      ];
      for (const { title, rows, right } of sections) {
        printLine(terminal);
        printLine(terminal, title);
        for (const line of formatTable(rows, right)) printLine(terminal, `  ${line}`);
      }
    });
}
