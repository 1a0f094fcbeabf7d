import { basename, extname, relative, resolve, sep } from "node:path";
import { homedir } from "node:os";
import { Command, Option } from "commander";
import type { Dataset, DatasetFormat, DatasetWriter, MinariFacts } from "../../../datasets/index.ts";
import { UsageError } from "../../errors.ts";
import { printJson, printLine } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { environmentFlag } from "./flags.ts";
import { formatNames, plural } from "./words.ts";

interface Options {
  readonly format?: DatasetFormat;
  readonly environment?: string;
  readonly id?: string;
  readonly json?: boolean;
}

/** The format that an output's name speaks of. @throws UsageError where it speaks of none */
function formatOf(path: string): DatasetFormat {
  if ([".hdf5", ".h5"].includes(extname(path))) return "d4rl";
  if (/-v\d+$/.test(basename(resolve(path)))) return "minari";
  throw new UsageError(
    `${path}: the name does not tell the format; give --format d4rl or --format minari, or a name like set.hdf5 or set-v0`,
  );
}

/** Minari's name for a dataset in its own folder of datasets; undefined for a folder elsewhere. */
function idWithinMinari(path: string): string | undefined {
  const root = process.env.MINARI_DATASETS_PATH ?? resolve(homedir(), ".minari", "datasets");
  const below = relative(root, resolve(path));
  return below === "" || below.startsWith("..") ? undefined : below.split(sep).join("/");
}

/** The spaces of an environment of ours that the data fit. */
async function spacesOf(dataset: Dataset): Promise<Pick<MinariFacts, "observationSpace" | "actionSpace">> {
  const { listEnvironments, make } = await import("../../../envs/index.ts");
  const spec = listEnvironments().find(({ id }) => id === dataset.environment);
  if (spec?.observationSize !== dataset.observationSize || spec.actionSize !== dataset.actionSize) return {};
  const { observationSpace, actionSpace, close } = await make(spec.id);
  close();
  return { observationSpace, actionSpace };
}

/** What the new dataset will not hold of the old one. */
function leftOut(dataset: Dataset, format: DatasetFormat): string[] {
  const arrays = Object.entries(dataset.metadata).filter(([, value]) => typeof value === "object");
  if (format === "d4rl" || arrays.length === 0) return [...dataset.notes];
  const names = arrays.map(([name]) => `metadata/${name}`);
  const [first] = names;
  const others = names.length - 1;
  const which = others === 0 ? `"${first}" is` : `"${first}" and ${others} more are`;
  return [...dataset.notes, `${which} left out: Minari has no place for arrays in metadata`];
}

async function createOutput(
  dataset: Dataset,
  path: string,
  format: DatasetFormat,
  id: string | undefined,
): Promise<DatasetWriter> {
  const { createD4rl, createMinari } = await import("../../../datasets/index.ts");
  if (format === "minari") {
    return createMinari(path, {
      ...dataset,
      ...(await spacesOf(dataset)),
      id: id ?? idWithinMinari(path),
    });
  }
  const { prepareOutput } = await import("../../files.ts");
  prepareOutput(path);
  const seeds = dataset.episodes.map(({ seed }) => seed).filter((seed) => seed !== undefined);
  return createD4rl(path, {
    ...dataset,
    ...(seeds.length === dataset.episodes.length && { episodeSeeds: seeds }),
  });
}

export function convertCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  return new Command("convert")
    .summary("write a dataset in another format")
    .description(
      "Writes a dataset in D4RL's layout or as a Minari dataset, piece by piece, so that it may be larger than memory. Numbers " +
        "keep their precision: a set that is converted back holds the same bits. What the new format has no place for is " +
        "said.\n\n" +
        "A Minari dataset is a new folder. Its id is --id, else its path below $MINARI_DATASETS_PATH (or ~/.minari/datasets), " +
        "else the folder's name.",
    )
    .argument("<in>", "an HDF5 file in D4RL's layout, or a Minari dataset's folder")
    .argument("<out>", "the file or the folder to write")
    .addOption(
      new Option(
        "--format <name>",
        "the format of <out>; without it, .hdf5 is D4RL's and name-v0 is Minari's",
      ).choices(["d4rl", "minari"]),
    )
    .option(...environmentFlag)
    .option("--id <id>", "Minari's name for the dataset, such as mujoco/hopper/medium-v0")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "motive dataset convert hopper_medium-v2.hdf5 hopper-medium-v0 --environment Hopper-v4",
        "motive dataset convert hopper.hdf5 minari/mujoco/hopper/mine-v0 --id mujoco/hopper/mine-v0",
        "motive dataset convert minari/mujoco/hopper/mine-v0 hopper.hdf5",
      ),
    )
    .action(async (input: string, output: string, options: Options) => {
      const { openDataset, pieces } = await import("../../../datasets/index.ts");
      const { removeAbandoned } = await import("../../../src/runs/atomic-file.ts");
      const { holdSignals } = await import("../../interrupt.ts");
      const { expectationOf } = await import("./expectation.ts");

      const format = options.format ?? formatOf(output);
      if (options.id !== undefined && format === "d4rl")
        throw new UsageError("--id is a Minari dataset's; leave it out for D4RL's layout");
      const dataset = await openDataset(input, expectationOf(options.environment));
      const interrupt = holdSignals(() => terminal.stderr.write("stopping: nothing is left behind\n"));
      let writer: DatasetWriter | undefined;
      try {
        removeAbandoned(output);
        writer = await createOutput(dataset, output, format, options.id);
        for (const piece of pieces(dataset)) {
          writer.append(piece);
          // Signals arrive between turns of the event loop only.
          await new Promise((resolve_) => setImmediate(resolve_));
          if (interrupt.signal !== undefined) {
            writer.abort();
            setExitCode(interrupt.exitCode);
            return;
          }
        }
        writer.commit();
      } catch (error) {
        writer?.abort();
        throw error;
      } finally {
        interrupt.release();
        dataset.close();
      }
      const { size, episodes } = dataset;
      const notes = leftOut(dataset, format);
      if (options.json) {
        printJson(terminal, { file: output, format, transitions: size, episodes: episodes.length, notes });
        return;
      }
      const amount = `${plural(size, "transition")} in ${plural(episodes.length, "episode")}`;
      printLine(terminal, `${output}: ${amount}, ${formatNames[format]}`);
      for (const note of notes) printLine(terminal, `Note: ${note}`);
    });
}
