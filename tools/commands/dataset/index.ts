import { Command } from "commander";
import type { Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { convertCommand } from "./convert.ts";
import { showCommand } from "./show.ts";
import { verifyCommand } from "./verify.ts";

export function datasetCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const command = new Command("dataset")
    .summary("look at, check and convert sets of transitions")
    .description(
      "Works on sets of transitions: HDF5 files in D4RL's layout and Minari datasets. What a file is, its content tells, not " +
        "its name.",
    )
    .addHelpText(
      "after",
      examples(
        "motive dataset show hopper.hdf5 --svg hopper.svg",
        "motive dataset verify hopper.hdf5 --environment Hopper-v5",
        "motive dataset convert hopper.hdf5 minari/hopper-medium-v0",
      ),
    );
  for (const one of [showCommand(terminal), verifyCommand(terminal), convertCommand(terminal, setExitCode)])
    command.addCommand(one);
  return command;
}
