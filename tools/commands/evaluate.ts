import { Command } from "commander";
import { formatCount } from "../progress.ts";
import { formatTable, printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples, integerFrom } from "./options.ts";

interface Options {
  readonly episodes: number;
  readonly seed: number;
  readonly stochastic?: boolean;
  readonly json?: boolean;
}

export function evaluateCommand(terminal: Terminal): Command {
  return new Command("evaluate")
    .summary("measure how well a policy does")
    .description(
      "Plays episodes with a policy in the environment that it was trained for, and prints the returns by the " +
        "environment's own reward. The policy acts with its mean action; --stochastic draws from its distribution.",
    )
    .argument("<run|policy>", "a run directory (its latest checkpoint counts) or an exported policy")
    .option("--episodes <n>", "number of episodes", integerFrom(1), 20)
    .option("--seed <n>", "seed of the initial states and the action noise", integerFrom(0), 0)
    .option("--stochastic", "draw actions from the policy's distribution")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive evaluate runs/sac-Hopper-v5-seed0 --episodes 100"))
    .action(async (path: string, options: Options) => {
      const { evaluatePolicy } = await import("../../agents/rollout.ts");
      const { make } = await import("../../envs/index.ts");
      const { openPolicy } = await import("../saved-policy.ts");

      const { policy, environmentId, label } = openPolicy(path);
      const environment = await make(environmentId);
      try {
        const evaluation = await evaluatePolicy(environment, policy, {
          episodes: options.episodes,
          seed: options.seed,
          mode: options.stochastic ? "sample" : "mean",
        });
        if (options.json) {
          printJson(terminal, { policy: label, environment: environmentId, ...evaluation });
          return;
        }
        const { mean, std, min, max, meanLength, terminations, episodes } = evaluation;
        printLine(terminal, `${label} in ${environmentId}, ${formatCount(episodes)} episodes`);
        const rows = [
          ["return", `${mean.toFixed(1)} ± ${std.toFixed(1)}`],
          ["smallest, largest", `${min.toFixed(1)}, ${max.toFixed(1)}`],
          ["mean length", `${meanLength.toFixed(1)} steps`],
          ["terminated early", `${formatCount(terminations)} of ${formatCount(episodes)}`],
        ];
        for (const line of formatTable(rows)) printLine(terminal, `  ${line}`);
      } finally {
        environment.close();
      }
    });
}
