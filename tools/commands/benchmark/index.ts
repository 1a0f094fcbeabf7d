import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { SuitePreset } from "../../benchmark/presets.ts";
import type { Terminal } from "../../terminal.ts";
import { printLine } from "../../terminal.ts";
import { examples, integerFrom } from "../options.ts";
import { onlyFlag, presetOption } from "./options.ts";
import { reportCommand } from "./report.ts";
import { statusCommand } from "./status.ts";

interface Options {
  readonly seeds: number;
  readonly workers?: number;
  readonly preset: SuitePreset;
  readonly out?: string;
  readonly only: readonly string[];
  readonly checkpointInterval: number;
  readonly slurm?: string;
  readonly json?: boolean;
}

export function benchmarkCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  return new Command("benchmark")
    .summary("run a table of experiments, and go on with it")
    .description(
      "Runs a suite: rows of environments and datasets, columns of algorithms, several seeds. Each run is a process of its " +
        "own with its own run directory. A benchmark that was stopped or killed goes on where it was when the same command is " +
        "given again; what is done is not repeated. Exit code 1 where a run failed.",
    )
    .argument("<suite>", "the name of a packaged suite (`motive list suites`), or the path of a suite file")
    .option("--seeds <n>", "runs of each cell, seeds 0 to n - 1", integerFrom(1), 1)
    .option("--workers <n>", "runs at a time, each on one core (default: one per core)", integerFrom(1))
    .addOption(presetOption())
    .option("--out <dir>", "the benchmark's directory (default: runs/<suite>-<preset>)")
    .option(...onlyFlag)
    .option("--checkpoint-interval <n>", "runs save a checkpoint every so many steps", integerFrom(1), 25_000)
    .option("--slurm <file>", "run nothing, write a script that has Slurm run everything")
    .option("--json", "print one JSON object for every job that begins or ends, the last one the state of all")
    .addHelpText(
      "after",
      examples(
        "motive benchmark table-2.1 --only Hopper",
        "motive benchmark table-2.1 --preset paper --seeds 3 --workers 2",
        "motive benchmark table-3.1 --preset paper --slurm table-3.1.sh",
        "motive benchmark status runs/table-2.1-quick",
      ),
    )
    .enablePositionalOptions()
    .addCommand(statusCommand(terminal))
    .addCommand(reportCommand(terminal))
    .action(async (name: string, options: Options) => {
      const { runBenchmark } = await import("../../benchmark/benchmark.ts");
      const { readSuite } = await import("../../benchmark/suite.ts");

      const suite = readSuite(name);
      const { preset, seeds, only, checkpointInterval, slurm } = options;
      const facts = { suite, preset, seeds };
      const directory = options.out ?? join("runs", `${suite.definition.name}-${preset}`);
      if (slurm !== undefined) {
        const { writeSlurmScript } = await import("../../benchmark/write-slurm.ts");
        writeSlurmScript(slurm, facts, { directory, only, checkpointInterval });
        printLine(terminal, `wrote ${slurm}; submit it with: bash ${slurm}`);
        return;
      }
      const workers = options.workers ?? availableParallelism();
      setExitCode(await runBenchmark(terminal, facts, { directory, workers, only, checkpointInterval, json: options.json === true }));
    });
}
