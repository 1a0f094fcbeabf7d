import { Command } from "commander";
import { benchmarkCommand } from "./commands/benchmark/index.ts";
import { collectCommand } from "./commands/collect.ts";
import { datasetCommand } from "./commands/dataset/index.ts";
import { envCommand } from "./commands/env.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { imagineCommand } from "./commands/imagine.ts";
import { listCommand } from "./commands/list.ts";
import { modelCommand } from "./commands/model.ts";
import { examples } from "./commands/options.ts";
import { replayCommand } from "./commands/replay.ts";
import { rewardCommand } from "./commands/reward.ts";
import { trainCommand } from "./commands/train.ts";
import { viewCommand } from "./commands/view.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./project.ts";

function createProgram(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const program = new Command("motive")
    .description("Recovers the reward behind a robot's motion, and a policy that reproduces it.")
    .version(version)
    // What follows a command's name is its own: both `benchmark` and `benchmark status` have a --json.
    .enablePositionalOptions()
    .addHelpText(
      "after",
      examples(
        "motive list",
        "motive train sac Hopper-v5 --preset quick",
        "motive evaluate runs/sac-Hopper-v5-seed0",
      ),
    );
  const commands = [
    trainCommand(terminal, setExitCode),
    evaluateCommand(terminal),
    collectCommand(terminal),
    datasetCommand(terminal, setExitCode),
    benchmarkCommand(terminal, setExitCode),
    modelCommand(terminal),
    imagineCommand(terminal),
    rewardCommand(terminal),
    exportCommand(terminal),
    replayCommand(terminal),
    listCommand(terminal),
    envCommand(terminal),
    viewCommand(terminal, setExitCode),
  ];
  for (const command of commands) program.addCommand(command);
  const every = commands.flatMap((command) => [command, ...command.commands]);
  for (const command of every) command.option("--debug", "show the stack trace of an unexpected error");
  for (const command of [program, ...every]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => {
        const line = text
          .trim()
          .replace(/^error: /, "")
          .replaceAll(/\s*\n\s*/g, " ");
        write(`motive: ${line}\n`);
      },
    });
  }
  return program;
}

/**
 * Runs one command line.
 * @param words what follows `motive`
 * @returns the exit code: 0, or 128 + n after signal n. Mistakes are thrown (errors.ts has their exit codes)
 */
export async function runCommandLine(terminal: Terminal, words: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  if (words.length === 0) {
    program.outputHelp();
    return 0;
  }
  await program.parseAsync(words, { from: "user" });
  return exitCode;
}
