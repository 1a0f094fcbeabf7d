import { Command } from "commander";
import type { Dataset, Verification } from "../../../datasets/index.ts";
import type { Environment } from "../../../envs/index.ts";
import { formatCount } from "../../progress.ts";
import { formatTable, printJson, printLine } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { environmentFlag } from "./flags.ts";
import { plural } from "./words.ts";

interface Options {
  readonly environment?: string;
  readonly json?: boolean;
}

const showDifference = (difference: number): string =>
  difference === 0 ? "no difference" : `largest difference ${difference.toPrecision(2)}`;

function resultRows(
  { episodes, size }: Dataset,
  result: Verification,
  environment: string,
): [string, string][] {
  const { chained, chainDifference, unknown, replay } = result;
  const count = formatCount;
  return [
    ["rows", `${count(size)} in ${plural(episodes.length, "episode")}, all numbers finite`],
    [
      "next observations",
      `${count(chained)} compared with the rows that follow: ${showDifference(chainDifference)}`,
    ],
    ...(unknown > 0
      ? [["", `${count(unknown)} are not in the file: states after a termination`] as [string, string]]
      : []),
    ...(replay === undefined
      ? []
      : ([
          [
            "replayed",
            `${count(replay.transitions)} transitions in ${environment} from their recorded states`,
          ],
          ["  observation", showDifference(replay.observation)],
          ["  next observation", showDifference(replay.nextObservation)],
          ["  reward", showDifference(replay.reward)],
          ["  terminated", replay.terminals === 0 ? "no difference" : `${replay.terminals} differ`],
        ] as [string, string][])),
  ];
}

/** The environment that a dataset's transitions can be made again in, if there is one. */
async function replayEnvironment(dataset: Dataset): Promise<Environment | undefined> {
  const { listEnvironments, make } = await import("../../../envs/index.ts");
  const { canReplay } = await import("../../../datasets/index.ts");
  const { recordedOptions } = await import("../../../datasets/minari/index.ts");
  const id = dataset.environment;
  if (id === undefined || !listEnvironments().some((spec) => spec.id === id)) return undefined;
  const environment = await make(id, recordedOptions(dataset));
  if (canReplay(dataset, environment)) return environment;
  environment.close();
  return undefined;
}

export function verifyCommand(terminal: Terminal): Command {
  return new Command("verify")
    .summary("read every row of a dataset and check it")
    .description(
      "Reads every row of a dataset. Checks that the file is whole, that its columns have the right shapes and types and fit " +
        "the environment, that every number is finite, and that each next observation within an episode is the observation " +
        "that follows. Where physics states are recorded and the environment is one of `motive list envs`, 200 transitions " +
        "are made again from them, and the largest differences told.\n\n" +
        "What is wrong is said in one line, and the exit code is 1.",
    )
    .argument("<file>", "an HDF5 file in D4RL's layout, or a Minari dataset's folder")
    .option(...environmentFlag)
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive dataset verify hopper.hdf5 --environment Hopper-v5"))
    .action(async (path: string, options: Options) => {
      const { openDataset, verifyDataset } = await import("../../../datasets/index.ts");
      const { expectationOf } = await import("./expectation.ts");

      const dataset = await openDataset(path, expectationOf(options.environment));
      let environment: Environment | undefined;
      try {
        environment = await replayEnvironment(dataset);
        const verification = verifyDataset(dataset, environment);
        let step = verification.next();
        while (!step.done) step = verification.next();
        const result = step.value;
        if (options.json) {
          const { format, environment: id, size, episodes, notes } = dataset;
          printJson(terminal, {
            file: path,
            format,
            environment: id ?? null,
            transitions: size,
            episodes: episodes.length,
            ...result,
            replay: result.replay ?? null,
            notes,
          });
          return;
        }
        printLine(terminal, `${path}: no fault found`);
        for (const line of formatTable(resultRows(dataset, result, dataset.environment ?? "")))
          printLine(terminal, `  ${line}`);
        for (const note of dataset.notes) printLine(terminal, `Note: ${note}`);
      } finally {
        environment?.close();
        dataset.close();
      }
    });
}
