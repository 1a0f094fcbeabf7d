import { basename, resolve } from "node:path";
import { Command } from "commander";
import type { WorldModel } from "../../agents/world-model/model.ts";
import type { ErrorCurve } from "../../agents/world-model/open-loop.ts";
import type { ModelReport } from "../../agents/world-model/report.ts";
import type { UnseenSource } from "../../agents/world-model/unseen.ts";
import { formatCount } from "../progress.ts";
import { formatTable, printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { plural } from "./dataset/words.ts";
import { examples, integerFrom } from "./options.ts";

interface Options {
  readonly dataset: string;
  readonly steps: number;
  readonly starts: number;
  readonly seed: number;
  readonly svg?: string;
  readonly json?: boolean;
}

/** Steps whose errors the table shows, and the last. */
const SHOWN_STEPS = [1, 5, 10, 20, 50];
const SHOWN_LEVEL = 0.9;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What the rows are that the report is over. */
const sources: Readonly<Record<UnseenSource, string>> = {
  "held-out": "held out of the model's training",
  "other-dataset": "of a dataset that the model was not trained on: all episodes are taken for unseen",
};

function memberRows({ members, meanChange }: ModelReport["oneStep"], { elites }: WorldModel): string[][] {
  const numbers = ({ error, negativeLogLikelihood }: typeof meanChange): string[] => [
    error.toFixed(4),
    negativeLogLikelihood.toFixed(3),
  ];
  return [
    ["", "", "error", "−log p"],
    ...members.map((one, i) => [`member ${i}`, elites.includes(i) ? "elite" : "", ...numbers(one)]),
    ["mean change", "", ...numbers(meanChange)],
  ];
}

function openLoopRows({ counts, sampled, mean, unchanged }: ModelReport["openLoop"]): string[][] {
  const longest = counts.length;
  const shown = [...new Set([...SHOWN_STEPS, longest])].filter((k) => k <= longest).sort((a, b) => a - b);
  const digits = (value: number): string => (value < 10 ? value.toFixed(3) : value.toPrecision(4));
  const show = ({ median, low, high }: ErrorCurve, k: number): string[] => [
    digits(median[k - 1]),
    `${digits(low[k - 1])} … ${digits(high[k - 1])}`,
  ];
  return [
    ["k", "starts", "sampled", "10 … 90 %", "most likely", "10 … 90 %", "nothing changes", "10 … 90 %"],
    ...shown.map((k) => [
      `${k}`,
      formatCount(counts[k - 1]),
      ...show(sampled, k),
      ...show(mean, k),
      ...show(unchanged, k),
    ]),
  ];
}

function coverageLine({ levels, coverage, single, components }: ModelReport["calibration"]): string {
  const level = levels.indexOf(SHOWN_LEVEL);
  const each = components.map((shares) => shares[level]);
  const range = `by component ${percent(Math.min(...each))} to ${percent(Math.max(...each))}`;
  const inside = `${percent(single[level])} of next states within an elite's ${100 * SHOWN_LEVEL} % interval`;
  return `${inside}, ${percent(coverage[level])} within that of their mixture; ${range}`;
}

export function modelCommand(terminal: Terminal): Command {
  return new Command("model")
    .summary("measure how well a world model predicts")
    .description(
      "Compares a world model with transitions that it has not learned from: those of the episodes that were held out when " +
        "it was trained on the dataset, or all of another dataset.\n\n" +
        "Prints, in standardised units, the squared error and −log p of every member for one step; the error after k steps " +
        "of the recorded actions, in standard deviations of the observations; and how many next states lie within the " +
        "central intervals that the elites predict. With --svg also a picture.",
    )
    .argument("<run|model>", "a run directory (its latest checkpoint counts) or its model.safetensors")
    .requiredOption("--dataset <file>", "an HDF5 file in D4RL's layout, or a Minari dataset's folder")
    .option("--steps <k>", "steps of the longest replay", integerFrom(1), 50)
    .option("--starts <n>", "rows that replays start from", integerFrom(1), 1000)
    .option("--seed <n>", "seed of the starts, the elites and the noise", integerFrom(0), 0)
    .option("--svg <file>", "write a picture there")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples("motive model runs/world-model-Walker2d-v5-seed0 --dataset walker2d-medium-v5.hdf5 --svg model.svg"),
    )
    .action(async (path: string, options: Options) => {
      const { loadWorldModel } = await import("../../agents/world-model/model.ts");
      const { reportOn } = await import("../../agents/world-model/report.ts");
      const { readDataset } = await import("../../datasets/open.ts");
      const { createRandom } = await import("../../src/random/index.ts");
      const { writeTextAtomically } = await import("../../src/runs/index.ts");
      const { isDirectory, prepareOutput } = await import("../files.ts");
      const { drawModel } = await import("../model-picture.ts");
      const { modelFile, runFile } = await import("../run-files.ts");

      const { dataset, steps, starts, seed, svg } = options;
      if (svg !== undefined) prepareOutput(svg);
      const model = loadWorldModel(isDirectory(path) ? runFile(path, modelFile) : path);
      const { environment, observationSize, actionSize } = model.architecture;
      const set = await readDataset(dataset, { environment, observationSize, actionSize });
      const report = await reportOn(model, set, { steps, starts, random: createRandom(seed) });
      const { unseen, openLoop } = report;

      const label = basename(resolve(path));
      const amount = `${plural(unseen.rows, "transition")} in ${plural(unseen.episodes, "episode")} of ${basename(resolve(dataset))}`;
      if (svg !== undefined) {
        const subtitle = `${environment} · ${amount}, ${sources[unseen.source]}`;
        writeTextAtomically(svg, drawModel({ title: label, subtitle, report }));
      }
      if (options.json) {
        const { elites } = model;
        printJson(terminal, { model: label, environment, dataset, seed, elites, ...report });
        return;
      }
      printLine(terminal, `${label} in ${environment}`);
      printLine(terminal, `${amount}, ${sources[unseen.source]}`);
      if (unseen.measured < unseen.rows) {
        printLine(terminal, `One step, ${formatCount(unseen.measured)} of them`);
      } else printLine(terminal, "One step");
      for (const line of formatTable(memberRows(report.oneStep, model), [2, 3])) printLine(terminal, `  ${line}`);
      printLine(terminal, "Error after k steps of the recorded actions: median and range");
      for (const line of formatTable(openLoopRows(openLoop), [0, 1, 2, 3, 4, 5, 6, 7])) printLine(terminal, `  ${line}`);
      const all = formatCount(openLoop.counts[0]);
      const { sampled, mean } = openLoop;
      printLine(terminal, `  out of the data's range went ${formatCount(sampled.left)} sampled and ${formatCount(mean.left)} most likely ones of ${all}`);
      printLine(terminal, coverageLine(report.calibration));
      if (svg !== undefined) printLine(terminal, `picture: ${svg}`);
    });
}
