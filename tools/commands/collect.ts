import { Command } from "commander";
import type { Trajectory } from "../../agents/rollout.ts";
import { UsageError } from "../errors.ts";
import { formatCount } from "../progress.ts";
import { printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples, integerFrom } from "./options.ts";

interface Options {
  readonly episodes: number;
  readonly out: string;
  readonly seed: number;
  readonly stochastic?: boolean;
  readonly deterministic?: boolean;
  readonly json?: boolean;
}

export function collectCommand(terminal: Terminal): Command {
  return new Command("collect")
    .summary("record a policy's episodes as a dataset")
    .description(
      "Plays episodes with a policy and writes every transition to an HDF5 file as D4RL lays them out, with the physics " +
        "state before each action. Such a file serves as demonstrations. The same policy, seed and episodes give the same " +
        "bytes.",
    )
    .argument("<run|policy>", "a run directory (its latest checkpoint counts) or an exported policy")
    .requiredOption("--episodes <n>", "number of episodes", integerFrom(1))
    .requiredOption("--out <file>", "the HDF5 file to write")
    .option("--seed <n>", "seed of the initial states and the action noise", integerFrom(0), 0)
    .option("--stochastic", "draw actions from the policy's distribution")
    .option("--deterministic", "act with the policy's mean action (the default)")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples("motive collect runs/sac-Hopper-v5-seed0 --episodes 1 --out hopper.hdf5 --deterministic"),
    )
    .action(async (path: string, options: Options) => {
      if (options.stochastic && options.deterministic) {
        throw new UsageError("--stochastic and --deterministic contradict each other; give one");
      }
      const { layOut } = await import("../../agents/generation/index.ts");
      const { rolloutEpisodes } = await import("../../agents/rollout.ts");
      const { writeD4rl } = await import("../../datasets/d4rl/index.ts");
      const { make } = await import("../../envs/index.ts");
      const { prepareOutput } = await import("../files.ts");
      const { openPolicy } = await import("../saved-policy.ts");

      prepareOutput(options.out);
      const { policy, environmentId, label } = openPolicy(path);
      const mode = options.stochastic ? "sample" : "mean";
      const environment = await make(environmentId);
      const trajectories: Trajectory[] = [];
      try {
        const { episodes, seed } = options;
        const recordState = environment.qpos.length > 0;
        for await (const trajectory of rolloutEpisodes(environment, policy, {
          episodes,
          seed,
          mode,
          recordState,
        })) {
          trajectories.push(trajectory);
        }
      } finally {
        environment.close();
      }
      const returns = trajectories.map((trajectory) => trajectory.return);
      const meanReturn = returns.reduce((sum, value) => sum + value, 0) / returns.length;
      const flag = options.stochastic ? "--stochastic" : "--deterministic";
      const { observationSize, actionSize } = policy;
      const facts = {
        environment: environmentId,
        observationSize,
        actionSize,
        infos: ["qpos", "qvel"],
      } as const;
      const set = {
        ...layOut(
          trajectories.map((trajectory) => ({ trajectory })),
          facts,
        ),
        metadata: {
          policy: label,
          seed: options.seed,
          mode,
          episodes: options.episodes,
          meanReturn,
          command: `motive collect ${label} --episodes ${options.episodes} --seed ${options.seed} ${flag}`,
        },
      };
      writeD4rl(options.out, set);
      if (options.json) {
        printJson(terminal, {
          file: options.out,
          environment: environmentId,
          policy: label,
          seed: options.seed,
          mode,
          transitions: set.size,
          returns,
        });
        return;
      }
      printLine(
        terminal,
        `${options.out}: ${formatCount(set.size)} transitions in ${formatCount(options.episodes)} episodes, ` +
          `mean return ${meanReturn.toFixed(1)}`,
      );
    });
}
