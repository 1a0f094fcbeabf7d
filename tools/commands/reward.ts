import { basename, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Correlation, RewardQuality } from "../../agents/reward-quality/index.ts";
import { formatCount } from "../progress.ts";
import type { RolloutSource } from "../reward-judges.ts";
import { formatTable, printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples, integerFrom } from "./options.ts";

interface Options {
  readonly env?: string;
  readonly rollouts?: readonly RolloutSource[];
  readonly expert?: string;
  readonly dataset?: string;
  readonly episodes: number;
  readonly gamma: number;
  readonly transitions: number;
  readonly draws: number;
  readonly seed: number;
  readonly svg?: string;
  readonly json?: boolean;
}

const sourceNames = ["expert", "own", "random"] as const satisfies readonly RolloutSource[];

function sourcesOf(text: string): RolloutSource[] {
  const words = text === "none" ? [] : text.split(",");
  return words.map((word) => {
    const source = sourceNames.find((name) => name === word);
    if (source === undefined) throw new InvalidArgumentError(`Expected none, or some of ${sourceNames.join(", ")} with commas between.`);
    return source;
  });
}

function discount(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) throw new InvalidArgumentError("Expected a number from 0 to below 1.");
  return value;
}

const number = (value: number | null): string => (value === null ? "–" : value.toFixed(3));

function rowsOf({ sources }: RewardQuality): string[][] {
  const cells = ({ count, pearson, spearman }: Correlation): string[] => [formatCount(count), number(pearson), number(spearman)];
  return [
    ["", "steps", "Pearson", "Spearman", "trajectories", "Pearson", "Spearman", "mean learned", "mean true"],
    ...sources.map(({ source, bySteps, byTrajectories, meanLearned, meanTrue }) => [
      source,
      ...cells(bySteps),
      ...cells(byTrajectories),
      number(meanLearned),
      number(meanTrue),
    ]),
  ];
}

export function rewardCommand(terminal: Terminal): Command {
  return new Command("reward")
    .summary("measure how like the true reward a learned one is")
    .description(
      "Compares a learned reward with the environment's own on steps that it has not learned from: Pearson's and Spearman's " +
        "correlation of steps and of trajectories' sums, and the EPIC distance (0: the same up to scale, shift and shaping by a " +
        "potential; 1: the opposite).\n\n" +
        "The steps are fresh rollouts of the packaged expert, of the run's own policy and of random actions, and those of a dataset.",
    )
    .argument("<run|reward>", "a run directory (its latest checkpoint counts) or an exported reward")
    .option("--env <env>", "judge it in another environment that it can be transferred to")
    .option("--rollouts <names>", "whose rollouts: expert, own, random, with commas between, or none (default: all there are)", sourcesOf)
    .option("--expert <run|policy>", "the expert, in place of the packaged one")
    .option("--dataset <file>", "recorded steps as well: an HDF5 file in D4RL's layout, or a Minari dataset's folder")
    .option("--episodes <n>", "rollouts of each policy", integerFrom(1), 5)
    .option("--gamma <γ>", "discount factor of the EPIC distance", discount, 0.99)
    .option("--transitions <n>", "transitions of each policy that the EPIC distance covers", integerFrom(2), 200)
    .option("--draws <n>", "actions of the expectations in the EPIC distance", integerFrom(1), 16)
    .option("--seed <n>", "seed of the rollouts and of all draws", integerFrom(0), 0)
    .option("--svg <file>", "write a picture there")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "motive reward runs/ml-irl-Hopper-v5-seed0 --svg reward.svg",
        "motive reward runs/ml-irl-CustomAnt-v0-seed0 --env DisabledAnt-v0",
      ),
    )
    .action(async (path: string, options: Options) => {
      const { judgeReward } = await import("../../agents/reward-quality/index.ts");
      const { loadLearnedReward } = await import("../../agents/reward-network.ts");
      const { readDataset } = await import("../../datasets/open.ts");
      const { make } = await import("../../envs/index.ts");
      const { createRandom } = await import("../../src/random/index.ts");
      const { writeTextAtomically } = await import("../../src/runs/index.ts");
      const { UsageError } = await import("../errors.ts");
      const { isDirectory, prepareOutput } = await import("../files.ts");
      const { findEnvironment } = await import("../names.ts");
      const { judgePolicies } = await import("../reward-judges.ts");
      const { drawReward } = await import("../reward-picture.ts");
      const { rewardFile, runFile } = await import("../run-files.ts");
      const { readRewardFor } = await import("../transfer.ts");

      const { rollouts, expert, dataset, episodes, gamma, transitions, draws, seed, svg } = options;
      if (rollouts?.length === 0 && dataset === undefined) throw new UsageError("--rollouts none leaves nothing to judge by: give --dataset FILE");
      if (svg !== undefined) prepareOutput(svg);
      const file = isDirectory(path) ? runFile(path, rewardFile) : path;
      const spec = findEnvironment(options.env ?? loadLearnedReward(file).network.architecture.environment);
      const reward = readRewardFor(file, spec);
      const { environment: home, input } = reward.network.architecture;
      const set = dataset === undefined ? undefined : await readDataset(dataset, { environment: spec.id, observationSize: spec.observationSize, actionSize: spec.actionSize });
      const environment = await make(spec.id);
      try {
        const policies = judgePolicies(path, environment, expert, rollouts);
        const { report, steps } = judgeReward({ reward, environment, policies, episodes, dataset: set, gamma, transitions, draws, random: createRandom(seed) });

        const label = basename(resolve(path));
        const { epic } = report;
        const distance =
          epic === null
            ? "no EPIC distance without rollouts"
            : `EPIC distance ${number(epic.distance)} (γ ${epic.gamma}, ${formatCount(epic.transitions)} transitions, ${epic.draws} actions)`;
        const form = input === "state" ? "r(s)" : "r(s, a)";
        const place = home === spec.id ? `in ${spec.id}` : `of ${home}, judged in ${spec.id}`;
        if (svg !== undefined) writeTextAtomically(svg, drawReward({ title: `${label}: ${form} ${place}`, subtitle: distance, report, steps }));
        if (options.json) {
          printJson(terminal, { reward: label, input, learnedIn: home, environment: spec.id, episodes, seed, ...report });
          return;
        }
        printLine(terminal, `${label}: ${form} ${place}`);
        for (const line of formatTable(rowsOf(report), [1, 2, 3, 4, 5, 6, 7, 8])) printLine(terminal, `  ${line}`);
        printLine(terminal, distance);
        if (svg !== undefined) printLine(terminal, `picture: ${svg}`);
      } finally {
        environment.close();
      }
    });
}
