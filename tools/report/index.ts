#!/usr/bin/env node
import { basename } from "node:path";
import { Command } from "commander";
import { writeTextAtomically } from "../../src/runs/index.ts";
import { runProgram } from "../entry.ts";
import { formatCount } from "../progress.ts";
import { printLine, type Terminal } from "../terminal.ts";
import { drawCurves, type CurvePanel } from "./curves.ts";
import { reportRun, type ResultRecord, type RunReport } from "./records.ts";

interface ReportOptions {
  readonly records?: string;
  readonly curves?: string;
  readonly title?: string;
  readonly expertReturn?: number;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

const environmentOf = ({ record }: RunReport): string => record.environment;

/** The same for runs of one environment that differ in their seed only. */
function agentOf({ record: { agent, rewardInput, dataset } }: RunReport): string {
  return [agent, ...(rewardInput === undefined ? [] : [`${rewardInput} reward`]), ...(dataset === undefined ? [] : [dataset])].join(", ");
}

function markdown(reports: readonly RunReport[]): string[] {
  const rows = [...groupBy(reports, environmentOf).values()].flatMap((ofEnvironment) =>
    [...groupBy(ofEnvironment, agentOf)].flatMap(([name, runs]) => runs.map(({ record }) => markdownRow(name, record))),
  );
  const header = [
    "environment",
    "agent",
    "seed",
    "environment steps",
    "return",
    "ratio to the expert",
    "best measurement",
    "steps until 90 % is held",
    "seconds",
  ];
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
}

function markdownRow(name: string, record: ResultRecord): string[] {
  const { environment, seed, environmentSteps, finalReturn, bestReturn, expertReturn, stepsToHold90, wallSeconds } = record;
  return [
    environment,
    name,
    `${seed}`,
    formatCount(environmentSteps),
    finalReturn.toFixed(0),
    expertReturn === undefined ? "–" : (finalReturn / expertReturn).toFixed(3),
    bestReturn.toFixed(0),
    expertReturn === undefined ? "–" : typeof stepsToHold90 === "number" ? formatCount(stepsToHold90) : "not held",
    wallSeconds.toFixed(0),
  ];
}

/** One panel, named by `title`, where all runs are of one environment; one per environment otherwise. */
function panelsOf(reports: readonly RunReport[], title: string | undefined): CurvePanel[] {
  const environments = [...groupBy(reports, environmentOf)];
  return environments.map(([environment, runs]) => ({
    title: environments.length === 1 ? (title ?? environment) : environment,
    groups: [...groupBy(runs, agentOf)].map(([name, group]) => ({ name, curves: group.map(({ curve }) => curve) })),
    expertReturn: runs.find(({ record }) => record.expertReturn !== undefined)?.record.expertReturn,
    ...(runs.every(({ record }) => record.updates !== undefined) && { unit: "updates of world model and policy" }),
  }));
}

async function report(terminal: Terminal, words: readonly string[]): Promise<number> {
  const command = new Command("report")
    .description("Puts finished runs together: records as JSON, learning curves as SVG, and a Markdown table.")
    .argument("<run...>", "run directories")
    .option("--records <file>", "write the records to this JSON file")
    .option("--curves <file>", "draw the learning curves into this SVG file")
    .option("--title <text>", "title of the curves, where all runs are of one environment")
    .option("--expert-return <n>", "return of the expert, where it is not that of the demonstrations", Number)
    .parse([...words], { from: "user" });
  const { records, curves, title, expertReturn } = command.opts<ReportOptions>();
  const reports = command.args.map((directory) => reportRun(directory, expertReturn));
  if (records !== undefined) writeTextAtomically(records, `${JSON.stringify(reports.map(({ record }) => record), null, 2)}\n`);
  if (curves !== undefined) writeTextAtomically(curves, drawCurves(panelsOf(reports, title)));
  for (const line of markdown(reports)) printLine(terminal, line);
  for (const file of [records, curves]) if (file !== undefined) printLine(terminal, `wrote ${basename(file)}`);
  return 0;
}

await runProgram(report);
