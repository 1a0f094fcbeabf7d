import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Command, Option } from "commander";
import type { CatalogueContent, CatalogueEntry, DatasetFormat } from "../../../datasets/index.ts";
import { UserError } from "../../../src/errors.ts";
import { UsageError } from "../../errors.ts";
import { suggestion } from "../../nearest.ts";
import { formatCount, formatDuration, formatScore } from "../../progress.ts";
import { printJson, printLine } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import { examples, integerFrom } from "../options.ts";
import { catalogueFlag } from "./catalogue-flag.ts";

interface Options {
  readonly out?: string;
  readonly format?: DatasetFormat;
  readonly workers?: number;
  readonly catalogue?: string;
  readonly json?: boolean;
}

/** Generation was asked to stop. */
class Interrupted extends UserError {}

function outputOf(name: string, { out, format }: Options): { out: string; format: DatasetFormat } {
  const named = out !== undefined && extname(out) === "" ? "minari" : "d4rl";
  const chosen = format ?? named;
  return { out: out ?? (chosen === "d4rl" ? `${name}.hdf5` : name), format: chosen };
}

function resultLines(out: string, content: CatalogueContent, seconds: number): string[] {
  const { transitions, episodes, returns, normalizedScore: score } = content;
  const count = `${formatCount(transitions)} transitions in ${formatCount(episodes)} ${episodes === 1 ? "episode" : "episodes"}`;
  const range = `return ${returns.mean.toFixed(1)} on average, from ${returns.min.toFixed(1)} to ${returns.max.toFixed(1)}`;
  return [
    `${out}: ${count}, in ${formatDuration(seconds)}`,
    score === null ? range : `${range}; score ${formatScore(score)}`,
  ];
}

function comparison(
  { name, content }: CatalogueEntry,
  sha256: string,
): { matches: boolean | null; line: string } {
  if (content === undefined)
    return { matches: null, line: `content ${sha256}; the catalogue does not say what ${name} holds` };
  if (content.sha256 === sha256) return { matches: true, line: `content ${sha256}, as in the catalogue` };
  return {
    matches: false,
    line: `its content is not that of ${name} in the catalogue: ${sha256} instead of ${content.sha256}`,
  };
}

export function generateCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  return new Command("generate")
    .summary("make a set of the catalogue")
    .description(
      "Makes a set of the catalogue from the policies and recordings that belong to it, the same numbers each time, on every " +
        "machine and for any number of workers. The file appears under its name when it is complete. Its content is " +
        "compared with the catalogue; the exit code is 1 where it differs.",
    )
    .argument("<name>", "a set's name, as `motive dataset list` shows it")
    .option("--out <file>", "the file or Minari folder to write (default: the set's name, here)")
    .addOption(
      new Option("--format <name>", "without it, a name with a suffix is a file in D4RL's layout").choices([
        "d4rl",
        "minari",
      ]),
    )
    .option("--workers <n>", "threads that play episodes (default: one per processor)", integerFrom(0))
    .option(...catalogueFlag)
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "motive dataset generate hopper-medium-v5",
        "motive dataset generate hopper-medium-v5 --out data/hopper.hdf5 --workers 1",
        "motive dataset generate hopper-expert-v5 --format minari --out minari/mujoco/hopper-expert-v5",
      ),
    )
    .action(async (name: string, options: Options) => {
      const { readCatalogue } = await import("../../../datasets/index.ts");
      const { generateSet } = await import("../../dataset-generation.ts");
      const { holdSignals } = await import("../../interrupt.ts");

      const catalogue = readCatalogue(options.catalogue);
      const entry = catalogue.entries.find((one) => one.name === name);
      if (entry === undefined) {
        const names = catalogue.entries.map((one) => one.name);
        throw new UsageError(`unknown set "${name}"${suggestion(name, names)}`);
      }
      const target = outputOf(name, options);
      const { out } = target;
      const workers = options.workers ?? defaultWorkers();
      const stopping = new AbortController();
      const interrupt = holdSignals((signal) =>
        stopping.abort(new Interrupted(`${out}: stopped by ${signal}; nothing was written`)),
      );
      const started = performance.now();
      let content: CatalogueContent;
      try {
        const progress = options.json ? terminal.stderr : terminal.stdout;
        content = await generateSet(catalogue, entry, target, { workers, signal: stopping.signal, progress });
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        terminal.stderr.write(`motive: ${error.message}\n`);
        setExitCode(interrupt.exitCode);
        return;
      } finally {
        interrupt.release();
      }
      const seconds = (performance.now() - started) / 1000;
      const { matches, line } = comparison(entry, content.sha256);
      if (options.json) {
        const { environment, kind } = entry;
        const { format } = target;
        printJson(terminal, {
          name,
          file: out,
          format,
          environment,
          kind,
          ...content,
          matchesCatalogue: matches,
          seconds,
        });
      } else {
        for (const text of resultLines(out, content, seconds)) printLine(terminal, text);
        if (matches !== false) printLine(terminal, line);
      }
      if (matches === false) {
        terminal.stderr.write(`motive: ${out}: ${line}\n`);
        setExitCode(1);
      }
    });
}

/** A second thread pays only where it has a processor of its own. */
function defaultWorkers(): number {
  const processors = availableParallelism();
  return processors === 1 ? 0 : processors;
}
