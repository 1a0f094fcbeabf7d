import { Argument, Command } from "commander";
import type { AgentDefinition } from "../../agents/trainer.ts";
import { formatTable, printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples } from "./options.ts";

const topics = ["envs", "agents", "presets", "suites"] as const;
type Topic = (typeof topics)[number];

const showValue = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function showObject(values: object): string {
  const entries = Object.entries(values).map(
    ([key, value]) => `${key}=${Array.isArray(value) ? value.join(",") : showValue(value)}`,
  );
  return entries.length > 0 ? entries.join(" ") : "(the defaults)";
}

export function listCommand(terminal: Terminal): Command {
  const section = (title: string, rows: readonly (readonly string[])[], right?: readonly number[]) => {
    printLine(terminal, title);
    for (const line of formatTable(rows, right)) printLine(terminal, `  ${line}`);
  };

  return new Command("list")
    .summary("show the environments, agents, presets and suites there are")
    .description(
      "Lists what there is to train with. `motive list agents <name>` shows every option of one agent, with its type and " +
        "default, as --set takes it.",
    )
    .addArgument(
      new Argument("[topic]", "what to list; without it, everything").choices(topics),
    )
    .argument("[name]", "with agents or presets: only this agent")
    .option("--env <id>", "the environment whose presets to show", "Hopper-v5")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples("motive list", "motive list agents ml-irl", "motive list presets --env Hopper-v5"),
    )
    .action(
      async (
        topic: Topic | undefined,
        name: string | undefined,
        options: { env: string; json?: boolean },
      ) => {
        const { agents: allAgents } = await import("../../agents/index.ts");
        const { listEnvironments } = await import("../../envs/index.ts");
        const { configOptions } = await import("../config.ts");
        const { findAgent, findEnvironment } = await import("../names.ts");
        const { neededFlags } = await import("../run-inputs.ts");
        const { packagedSuites, readSuite } = await import("../benchmark/suite.ts");

        const agents: readonly AgentDefinition[] = name === undefined ? allAgents : [findAgent(name)];
        const environments = listEnvironments();
        const spec = findEnvironment(options.env);
        const suites = packagedSuites().map((suite) => readSuite(suite).definition);
        const wants = (one: Topic) => topic === undefined || topic === one;
        if (options.json) {
          printJson(terminal, {
            ...(wants("envs") && {
              // JSON has no Infinity; it becomes null.
              envs: environments.map(({ id, title, observationSize, actionSize, maxEpisodeSteps }) => ({
                id,
                title,
                observationSize,
                actionSize,
                maxEpisodeSteps,
              })),
            }),
            ...(wants("agents") && {
              agents: agents.map((agent) => ({
                name: agent.name,
                description: agent.description,
                takes: agent.takes,
                options: configOptions(agent),
              })),
            }),
            ...(wants("suites") && { suites: suites.map(({ name: suite, title, source }) => ({ name: suite, title, source })) }),
            ...(wants("presets") && {
              presets: {
                environment: spec.id,
                agents: Object.fromEntries(agents.map((agent) => [agent.name, agent.presets(spec)])),
              },
            }),
          });
          return;
        }
        if (wants("envs")) {
          section(
            "Environments (motive env ID describes one)",
            [
              ["id", "observation", "action", "steps"],
              ...environments.map(({ id, title, observationSize, actionSize, maxEpisodeSteps }) => [
                id,
                ...[observationSize, actionSize, maxEpisodeSteps].map(String),
                title,
              ]),
            ],
            [1, 2, 3],
          );
        }
        if (wants("agents")) {
          section(
            "Agents",
            agents.map((agent) => [
              agent.name,
              agent.description,
              neededFlags(agent).join(" "),
            ]),
          );
          if (name !== undefined) {
            section(
              `Options of ${name} (motive train ${name} … --set path=value)`,
              configOptions(agents[0]).map((option) => [
                option.path,
                option.type,
                showValue(option.default) ?? "",
                option.description,
              ]),
            );
          }
        }
        if (wants("presets")) {
          section(
            `Presets for ${spec.id} (motive train … --preset NAME)`,
            agents.flatMap((agent) =>
              Object.entries(agent.presets(spec)).map(([preset, options]) => [agent.name, preset, showObject(options)]),
            ),
          );
        }
        if (wants("suites")) {
          section(
            "Suites (motive benchmark NAME)",
            suites.map(({ name: suite, title }) => [suite, title]),
          );
        }
      },
    );
}
