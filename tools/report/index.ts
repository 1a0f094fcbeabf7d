#!/usr/bin/env node
/** What is made of results that are there: of single runs, and the tables of the README. Suites: `motive benchmark report`. */
import { basename, join } from "node:path";
import { Command } from "commander";
import { UserError } from "../../src/errors.ts";
import { writeTextAtomically } from "../../src/runs/index.ts";
import { tableOf } from "../benchmark/table-source.ts";
import type { ResultTable } from "../benchmark/table.ts";
import { runProgram } from "../entry.ts";
import { readText } from "../files.ts";
import { projectRoot } from "../project.ts";
import { printLine, type Terminal } from "../terminal.ts";
import { drawCurves } from "./curves.ts";
import { withResults } from "./readme.ts";
import { reportRun } from "./records.ts";
import { panelsOf, runsMarkdown } from "./runs.ts";

interface RunsOptions {
  readonly records?: string;
  readonly curves?: string;
  readonly title?: string;
  readonly expertReturn?: number;
}

function reportRuns(terminal: Terminal, directories: readonly string[], { records, curves, title, expertReturn }: RunsOptions): void {
  const reports = directories.map((directory) => reportRun(directory, expertReturn));
  if (records !== undefined) writeTextAtomically(records, `${JSON.stringify(reports.map(({ record }) => record), null, 2)}\n`);
  if (curves !== undefined) writeTextAtomically(curves, drawCurves(panelsOf(reports, title)));
  for (const line of runsMarkdown(reports)) printLine(terminal, line);
  for (const file of [records, curves]) if (file !== undefined) printLine(terminal, `wrote ${basename(file)}`);
}

/** The table of a suite's committed records. */
const recordedTable = (suite: string): ResultTable =>
  tableOf(suite, join(projectRoot, "docs", "results", `${suite}.json`));

function writeReadme(terminal: Terminal, { file, check }: { readonly file: string; readonly check?: true }): void {
  const text = readText(file);
  const written = withResults(file, text, recordedTable);
  if (text === written) {
    printLine(terminal, `${basename(file)} says what the records say`);
    return;
  }
  if (check) throw new UserError(`${file}: its results are not those of docs/results; npm run -s report -- readme writes them anew`);
  writeTextAtomically(file, written);
  printLine(terminal, `wrote ${basename(file)}`);
}

async function report(terminal: Terminal, words: readonly string[]): Promise<number> {
  const program = new Command("report").description("Puts finished runs together, and keeps the README's results true.");
  program
    .command("runs", { isDefault: true })
    .description("records as JSON, learning curves as SVG, and a Markdown table of finished runs (what is done when no other is named)")
    .argument("<run...>", "run directories")
    .option("--records <file>", "write the records to this JSON file")
    .option("--curves <file>", "draw the learning curves into this SVG file")
    .option("--title <text>", "title of the curves, where all runs are of one environment")
    .option("--expert-return <n>", "return of the expert, where it is not that of the demonstrations", Number)
    .action((directories: string[], options: RunsOptions) => reportRuns(terminal, directories, options));
  program
    .command("readme")
    .description("write the README's tables anew from docs/results/<suite>.json")
    .option("--file <file>", "a text with marks like the README's", join(projectRoot, "README.md"))
    .option("--check", "write nothing; fail where they differ")
    .action((options: { file: string; check?: true }) => writeReadme(terminal, options));
  await program.parseAsync(words, { from: "user" });
  return 0;
}

await runProgram(report);
