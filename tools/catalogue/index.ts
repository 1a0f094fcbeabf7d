#!/usr/bin/env node
/** What keeps the catalogue of datasets true: its contents, its page, and the table of the policies that it rests on. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { catalogued, contentOf, openDataset, readCatalogue } from "../../datasets/index.ts";
import { UserError } from "../../src/errors.ts";
import { writeTextAtomically } from "../../src/runs/index.ts";
import { generateSet, measureSet } from "../dataset-generation.ts";
import { runProgram } from "../entry.ts";
import { readText } from "../files.ts";
import { formatCount } from "../progress.ts";
import { projectRoot } from "../project.ts";
import { printLine, type Terminal } from "../terminal.ts";
import { policyRow } from "./experts.ts";
import { withSets } from "./page.ts";

interface Options {
  readonly catalogue: string;
  readonly page: string;
}

function writePage({ catalogue, page }: Options): void {
  writeTextAtomically(page, withSets(readText(page), readCatalogue(catalogue)));
}

/** Generates sets, demonstrations into their files, and writes down what they hold. */
async function record(terminal: Terminal, names: readonly string[], options: Options): Promise<void> {
  const { file, entries } = readCatalogue(options.catalogue);
  for (const name of names) {
    if (!entries.some((entry) => entry.name === name))
      throw new UserError(`${file}: there is no set "${name}"`);
  }
  const wanted = entries.filter(({ name, content }) =>
    names.length > 0 ? names.includes(name) : content === undefined,
  );
  for (const { name } of wanted) {
    await recordOne(terminal, name, file);
    writePage(options);
  }
}

async function recordOne(terminal: Terminal, name: string, file: string): Promise<void> {
  // Read anew for each set: generating takes minutes, and others may have changed the file meanwhile.
  const catalogue = readCatalogue(file);
  const entry = catalogue.entries.find((one) => one.name === name);
  if (entry === undefined) throw new UserError(`${file}: there is no set "${name}" any more`);
  const processors = availableParallelism();
  const run = { workers: processors === 1 ? 0 : processors, progress: terminal.stdout };
  const content = await measureSet(catalogue, entry, run);
  if (entry.kind === "demonstrations" && entry.file !== undefined) {
    const out = catalogued(catalogue, entry.file);
    // A file that holds the set already stays as it is, whatever its metadata says.
    if (!(await holds(out, content.sha256)))
      await generateSet(catalogue, entry, { out, format: "d4rl" }, run);
  }
  const sets = JSON.parse(readText(file)) as { readonly name: string }[];
  const changed = sets.map((one) => (one.name === name ? { ...one, content } : one));
  writeTextAtomically(file, `${JSON.stringify(changed, null, 2)}\n`);
  const { transitions, returns } = content;
  printLine(
    terminal,
    `${name}: ${formatCount(transitions)} transitions, mean return ${returns.mean.toFixed(1)}`,
  );
}

async function holds(path: string, sha256: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const dataset = await openDataset(path);
  try {
    return contentOf(dataset) === sha256;
  } finally {
    dataset.close();
  }
}

async function catalogueProgram(terminal: Terminal, words: readonly string[]): Promise<number> {
  // In the sources, which the build copies.
  const program = new Command("catalogue")
    .description("Keeps the catalogue of datasets and its page true.")
    .option("--catalogue <file>", "the catalogue", join(projectRoot, "datasets", "catalogue.json"))
    .option("--page <file>", "its page", join(projectRoot, "docs", "catalogue.md"));
  program
    .command("record")
    .description(
      "generate sets and write what they hold into the catalogue and its page; demonstrations also into their files",
    )
    .argument("[name...]", "sets of the catalogue (default: those that were never generated)")
    .action((names: string[]) => record(terminal, names, program.opts()));
  program
    .command("page")
    .description("write the page anew")
    .action(() => writePage(program.opts()));
  program
    .command("experts")
    .description("print a row of the table in datasets/policies/README.md for the policy of each run")
    .argument("<run...>", "directories of SAC runs")
    .option("--checkpoint <file>", "of one run: the policy of a checkpoint that was kept")
    .action(async (runs: string[], { checkpoint }: { checkpoint?: string }) => {
      if (checkpoint !== undefined && runs.length > 1) throw new UserError("--checkpoint is of one run");
      for (const run of runs) printLine(terminal, await policyRow(run, checkpoint));
    });
  await program.parseAsync(words, { from: "user" });
  return 0;
}

await runProgram(catalogueProgram);
