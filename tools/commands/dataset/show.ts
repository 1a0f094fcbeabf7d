import { basename, resolve } from "node:path";
import { Command } from "commander";
import type { Dataset, DatasetSummary, Range } from "../../../datasets/index.ts";
import { formatCount } from "../../progress.ts";
import { formatTable, printJson, printLine } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { environmentFlag } from "./flags.ts";
import { formatNames, plural } from "./words.ts";

interface Options {
  readonly environment?: string;
  readonly svg?: string;
  readonly json?: boolean;
}

const bars = 10;
const barWidth = 40;

const showRange = ({ min, mean, max }: Range, digits: number): string =>
  `${mean.toFixed(digits)} on average, from ${min.toFixed(digits)} to ${max.toFixed(digits)}`;

/** Scalars of the metadata; of arrays only that they are there. */
function metadataRows({ metadata }: Dataset): [string, string][] {
  const scalars = Object.entries(metadata).flatMap(([key, value]): [string, string][] =>
    typeof value === "object" ? [] : [[key, String(value)]],
  );
  const arrays = Object.keys(metadata).length - scalars.length;
  return [...scalars, ...(arrays > 0 ? [["", `${plural(arrays, "array")} beside`] as [string, string]] : [])];
}

function factRows(dataset: Dataset, summary: DatasetSummary): [string, string][] {
  const { episodes, transitions, terminations, truncations } = summary;
  const both = dataset.episodes.filter(({ terminated, truncated }) => terminated && truncated).length;
  const unfinished = episodes - terminations - truncations + both;
  const ends = [
    `${formatCount(terminations)} terminated`,
    `${formatCount(truncations)} truncated`,
    ...(unfinished > 0 ? [`${formatCount(unfinished)} unfinished`] : []),
  ];
  const infos = summary.infos.map(
    ({ name, type, rowShape }) => `${name} (${[...rowShape, type].join(" × ")})`,
  );
  const { normalizedScore: score, referenceScores: scale } = summary;
  return [
    ["format", formatNames[summary.format]],
    ["environment", summary.environment ?? "not recorded (say it with --environment)"],
    ["transitions", `${formatCount(transitions)} in ${plural(episodes, "episode")}: ${ends.join(", ")}`],
    ["observation", plural(summary.observationSize, "number")],
    ["action", plural(summary.actionSize, "number")],
    ["infos", infos.join(", ") || "none"],
    ["episode", `${showRange(summary.lengths, 0)} steps`],
    ["return", showRange(summary.returns, 1)],
    ...(score === null || scale === null
      ? []
      : [
          [
            "score",
            `${(100 * score).toFixed(1)} on ${scale.source}'s scale, where 0 is a return of ${scale.min} and 100 one of ${scale.max}`,
          ] as [string, string],
        ]),
  ];
}

/** Returns as rows of bars. */
function returnBars(returns: Float64Array, { min, max }: Range, counts: readonly number[]): string[] {
  if (min === max) return [`  all ${plural(returns.length, "episode")}: ${min.toFixed(1)}`];
  const edge = (i: number): string => (min + (i * (max - min)) / counts.length).toFixed(1);
  const most = Math.max(...counts);
  const rows = counts.map((count, i) => [
    edge(i),
    "to",
    edge(i + 1),
    "█".repeat(Math.ceil((count / most) * barWidth)),
    formatCount(count),
  ]);
  return formatTable(rows, [0, 2]).map((line) => `  ${line}`);
}

export function showCommand(terminal: Terminal): Command {
  return new Command("show")
    .summary("describe a dataset, and draw it")
    .description(
      "Describes a dataset: what it is of, its episodes, their returns and the mean return's normalised score, on the scale " +
        "that came with a Minari dataset or else on D4RL's for the robot. With --svg also a picture: the return of every " +
        "episode, lengths, and where the states lie.\n\n" +
        "With --json: `normalizedScore` is a fraction, 1 where people print 100; null for what is not known.",
    )
    .argument("<file>", "an HDF5 file in D4RL's layout, or a Minari dataset's folder")
    .option(...environmentFlag)
    .option("--svg <file>", "write a picture there")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive dataset show hopper.hdf5 --svg hopper.svg"))
    .action(async (path: string, options: Options) => {
      const { openDataset, returnsOf, stateCoverage, summarize } = await import("../../../datasets/index.ts");
      const { writeTextAtomically } = await import("../../../src/runs/index.ts");
      const { drawDataset, histogram } = await import("../../dataset-picture.ts");
      const { prepareOutput } = await import("../../files.ts");
      const { expectationOf } = await import("./expectation.ts");

      if (options.svg !== undefined) prepareOutput(options.svg);
      const dataset = await openDataset(path, expectationOf(options.environment));
      try {
        const returns = returnsOf(dataset);
        const summary = summarize(dataset, returns);
        if (options.svg !== undefined) {
          const lengths = Float64Array.from(dataset.episodes, ({ start, end }) => end - start);
          const coverage = stateCoverage(dataset);
          const title = basename(resolve(path));
          writeTextAtomically(options.svg, drawDataset({ title, summary, returns, lengths, coverage }));
        }
        if (options.json) {
          const metadata = Object.fromEntries(
            Object.entries(dataset.metadata).filter(([, value]) => typeof value !== "object"),
          );
          printJson(terminal, { file: path, ...summary, metadata });
          return;
        }
        printLine(terminal, path);
        for (const line of formatTable(factRows(dataset, summary))) printLine(terminal, `  ${line}`);
        const metadata = metadataRows(dataset);
        if (metadata.length > 0) {
          printLine(terminal, "Metadata");
          for (const line of formatTable(metadata)) printLine(terminal, `  ${line}`);
        }
        printLine(terminal, "Returns: how many episodes");
        const { min, max } = summary.returns;
        for (const line of returnBars(returns, summary.returns, histogram(returns, [min, max], bars)))
          printLine(terminal, line);
        for (const note of summary.notes) printLine(terminal, `Note: ${note}`);
        if (options.svg !== undefined) printLine(terminal, `picture: ${options.svg}`);
      } finally {
        dataset.close();
      }
    });
}
