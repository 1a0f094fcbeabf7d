#!/usr/bin/env node
import { basename } from "node:path";
import { Command } from "commander";
import { writeTextAtomically } from "../../src/runs/index.ts";
import { runProgram } from "../entry.ts";
import { formatCount } from "../progress.ts";
import { printLine, type Terminal } from "../terminal.ts";
import { drawCurves, type CurveGroup } from "./curves.ts";
import { reportRun, type RunReport } from "./records.ts";

interface ReportOptions {
  readonly records?: string;
  readonly curves?: string;
  readonly title: string;
  readonly expertReturn?: number;
}

/** Runs that differ in their seed only. */
function groupRuns(reports: readonly RunReport[]): Map<string, RunReport[]> {
  const groups = new Map<string, RunReport[]>();
  for (const report of reports) {
    const { agent, rewardInput } = report.record;
    const name = rewardInput === undefined ? agent : `${agent}, ${rewardInput} reward`;
    groups.set(name, [...(groups.get(name) ?? []), report]);
  }
  return groups;
}

function markdown(groups: ReadonlyMap<string, readonly RunReport[]>): string[] {
  const rows = [...groups].flatMap(([name, reports]) =>
    reports.map(({ record }) => {
      const { seed, environmentSteps, finalReturn, bestReturn, expertReturn, stepsToHold90, wallSeconds } = record;
      return [
        name,
        `${seed}`,
        formatCount(environmentSteps),
        finalReturn.toFixed(0),
        expertReturn === undefined ? "–" : (finalReturn / expertReturn).toFixed(3),
        bestReturn.toFixed(0),
        expertReturn === undefined ? "–" : typeof stepsToHold90 === "number" ? formatCount(stepsToHold90) : "not held",
        wallSeconds.toFixed(0),
      ];
    }),
  );
  const header = ["agent", "seed", "environment steps", "return", "ratio to the expert", "best measurement", "steps until 90 % is held", "seconds"];
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
}

async function report(terminal: Terminal, words: readonly string[]): Promise<number> {
  const command = new Command("report")
    .description("Puts finished runs together: records as JSON, learning curves as SVG, and a Markdown table.")
    .argument("<run...>", "run directories")
    .option("--records <file>", "write the records to this JSON file")
    .option("--curves <file>", "draw the learning curves into this SVG file")
    .option("--title <text>", "title of the curves", "Learning curves")
    .option("--expert-return <n>", "return of the expert, where it is not that of the demonstrations", Number)
    .parse([...words], { from: "user" });
  const { records, curves, title, expertReturn } = command.opts<ReportOptions>();
  const reports = command.args.map((directory) => reportRun(directory, expertReturn));
  const groups = groupRuns(reports);
  if (records !== undefined) writeTextAtomically(records, `${JSON.stringify(reports.map(({ record }) => record), null, 2)}\n`);
  if (curves !== undefined) {
    const plotted: CurveGroup[] = [...groups].map(([name, runs]) => ({ name, curves: runs.map(({ curve }) => curve) }));
    const expert = reports.find(({ record }) => record.expertReturn !== undefined)?.record.expertReturn;
    writeTextAtomically(curves, drawCurves({ title, groups: plotted, expertReturn: expert }));
  }
  for (const line of markdown(groups)) printLine(terminal, line);
  for (const file of [records, curves]) if (file !== undefined) printLine(terminal, `wrote ${basename(file)}`);
  return 0;
}

await runProgram(report);
