import { Command } from "commander";
import type { Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { convertCommand } from "./convert.ts";
import { generateCommand } from "./generate.ts";
import { listDatasetsCommand } from "./list.ts";
import { recordReplayCommand } from "./record-replay.ts";
import { showCommand } from "./show.ts";
import { verifyCommand } from "./verify.ts";

export function datasetCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const command = new Command("dataset")
    .summary("make, look at, check and convert sets of transitions")
    .description(
      "Works on sets of transitions: HDF5 files in D4RL's layout and Minari datasets. What a file is, its content tells, not " +
        "its name.",
    )
    .addHelpText(
      "after",
      examples(
        "motive dataset list",
        "motive dataset generate hopper-medium-v5",
        "motive dataset show hopper.hdf5 --svg hopper.svg",
        "motive dataset verify hopper.hdf5 --environment Hopper-v5",
        "motive dataset convert hopper.hdf5 minari/hopper-medium-v0",
      ),
    );
  const commands = [
    listDatasetsCommand(terminal),
    generateCommand(terminal, setExitCode),
    showCommand(terminal),
    verifyCommand(terminal),
    convertCommand(terminal, setExitCode),
    recordReplayCommand(terminal),
  ];
  for (const one of commands) command.addCommand(one);
  return command;
}
