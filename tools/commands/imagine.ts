import { Command } from "commander";
import type { RunImagination } from "../imagination.ts";
import { formatCount } from "../progress.ts";
import { formatTable, printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { plural } from "./dataset/words.ts";
import { examples, integerFrom } from "./options.ts";

interface Options {
  readonly episodes: number;
  readonly steps?: number;
  readonly noise?: boolean;
  readonly trueReward?: boolean;
  readonly seed: number;
  readonly svg?: string;
  readonly json?: boolean;
}

function rowsOf({ points }: RunImagination): string[][] {
  const show = (value: number): string => value.toFixed(value > -10 && value < 10 ? 2 : 0);
  return [
    ["updates", "in the model", "steps", "in MuJoCo", "steps", "true return"],
    ...points.map(({ step, imagined, physics, trueReturn }) => [
      formatCount(step),
      show(imagined.return),
      imagined.length.toFixed(0),
      show(physics.return),
      physics.length.toFixed(0),
      show(trueReturn),
    ]),
  ];
}

const rewards: Readonly<Record<RunImagination["reward"], string>> = {
  learned: "by the learned reward of that moment",
  environment: "by the reward that the model predicts, and by the one that MuJoCo pays",
  true: "by what MuJoCo pays for the action in each state, imagined or not",
};

export function imagineCommand(terminal: Terminal): Command {
  return new Command("imagine")
    .summary("compare what a world model promises with what MuJoCo pays")
    .description(
      "Plays the policies that a run of mopo or offline-ml-irl kept on its way: whole episodes in the run's world model, and " +
        "in MuJoCo from the same initial states, by mean actions. Both returns are by the reward that the policy was trained " +
        "for, without the penalty. A policy that exploits the model is promised far more there than it gets.",
    )
    .argument("<run...>", "run directories")
    .option("--episodes <n>", "episodes of each policy", integerFrom(1), 10)
    .option("--steps <n>", "steps of the longest episode (default: the environment's time limit)", integerFrom(1))
    .option("--noise", "draw the model's next states (default: their means)")
    .option("--true-reward", "sum the environment's own reward: put MuJoCo into each imagined state and let it pay for the action")
    .option("--seed <n>", "seed of the initial states and of all draws", integerFrom(0), 0)
    .option("--svg <file>", "write a picture there")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive imagine runs/with-penalty runs/without --true-reward --svg imagination.svg"))
    .action(async (paths: readonly string[], options: Options) => {
      const { runImagination } = await import("../imagination.ts");
      const { drawImagination } = await import("../imagination-picture.ts");
      const { prepareOutput } = await import("../files.ts");
      const { writeTextAtomically } = await import("../../src/runs/index.ts");
      const { UserError } = await import("../../src/errors.ts");

      const { episodes, steps: horizon, noise = false, trueReward = false, seed, svg } = options;
      if (svg !== undefined) prepareOutput(svg);
      const runs: RunImagination[] = [];
      for (const path of paths) {
        const run = await runImagination(path, { episodes, horizon, noise, trueReward, seed });
        const [first = run] = runs;
        if (run.environment !== first.environment || run.reward !== first.reward) {
          throw new UserError(`${path}: in ${run.environment} ${rewards[run.reward]}, but ${paths[0]} is in ${first.environment} ${rewards[first.reward]}: expected runs that one scale fits`);
        }
        runs.push(run);
      }
      const [{ reward, environment }] = runs;
      const subtitle = `${plural(episodes, "episode")} of mean actions, ${rewards[reward]}, without penalty`;
      if (svg !== undefined) writeTextAtomically(svg, drawImagination(runs, subtitle));
      if (options.json) {
        printJson(terminal, { environment, reward, episodes, noise, seed, runs: runs.map(({ run, points }) => ({ run, points })) });
        return;
      }
      printLine(terminal, `${environment}: ${subtitle}`);
      for (const run of runs) {
        printLine(terminal, run.run);
        for (const line of formatTable(rowsOf(run), [0, 1, 2, 3, 4, 5])) printLine(terminal, `  ${line}`);
      }
      if (svg !== undefined) printLine(terminal, `picture: ${svg}`);
    });
}
