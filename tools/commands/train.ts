import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { examples, gather, integerFrom } from "./options.ts";

/** The flags of `motive train`. */
export interface TrainOptions {
  readonly seed?: number;
  readonly steps?: number;
  readonly preset?: string;
  readonly set?: readonly string[];
  readonly demos?: string;
  readonly networks?: string;
  readonly dataset?: string;
  readonly model?: string;
  readonly reward?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly checkpointInterval: number;
  readonly evaluateEvery?: number;
  readonly view?: boolean;
  readonly json?: boolean;
}

export function trainCommand(terminal: Terminal, setExitCode: (code: number) => void): Command {
  return new Command("train")
    .summary("train an agent in an environment")
    .description(
      "Trains an agent and keeps everything about the run in one directory: its configuration, metrics (JSON lines and " +
        "TensorBoard), checkpoints, and the policy. Ctrl-C saves the run before it ends; --resume continues a run that was " +
        "stopped or killed, and ends with the same weights as a run that never was.",
    )
    .argument("[agent]", "algorithm, as `motive list agents` names it")
    .argument("[env]", "environment, as `motive list envs` names it")
    .option("--seed <n>", "seed of everything random in the run (default: 0)", integerFrom(0))
    .option("--steps <n>", "environment steps to train for", integerFrom(1))
    .option(
      "--preset <name>",
      "a set of options: smoke (seconds, only shows that it runs), quick (minutes), paper (for results), and those that " +
        "`motive list presets` shows of an agent",
    )
    .option(
      "--set <path=value>",
      "one option of the agent; may be repeated (motive list agents <name> shows them)",
      gather,
    )
    .option("--demos <file>", "demonstrations to learn from, an HDF5 file as D4RL lays them out")
    .option("--networks <run|file>", "what another run of sac has learned, policy and critics, to go on from (agent sac)")
    .option("--dataset <file>", "transitions to learn from, a file in D4RL's layout or a Minari dataset: offline, or beside its own (agent sac)")
    .option("--model <run|file>", "a world model that was trained before (mopo, offline-ml-irl); without it, one is trained first")
    .option("--reward <run|file>", "a learned reward to maximise instead of the environment's (sac) or the dataset's (mopo)")
    .option("--out <dir>", "the run directory to create (default: runs/<agent>-<env>-seed<n>)")
    .option("--resume <dir>", "continue the run in this directory")
    .option("--checkpoint-interval <n>", "save a checkpoint every so many steps", integerFrom(1), 25_000)
    .option(
      "--evaluate-every <n>",
      "measure the policy every so many steps; 0 for never (default: 20 times a run)",
      integerFrom(0),
    )
    .option("--view", "watch the run in a browser: prints a link, served by a process of its own")
    .option("--json", "print one JSON object per metrics record, the last one the result")
    .addHelpText(
      "after",
      examples(
        "motive train sac Hopper-v5 --preset quick --seed 1",
        "motive train ml-irl Hopper-v5 --demos hopper.hdf5 --set rewardInput=state",
        "motive train --resume runs/sac-Hopper-v5-seed1",
      ),
    )
    .action(async (agent: string | undefined, environment: string | undefined, options: TrainOptions) => {
      const { resumeRun, startRun } = await import("../run-session.ts");
      const { runTraining } = await import("../training.ts");
      const { jsonProgress, linesProgress } = await import("../progress.ts");

      const session = options.resume
        ? await resumeRun(options.resume, { ...options, agent, environment })
        : await startRun({ ...options, agent, environment });
      const progress = options.json
        ? jsonProgress(terminal.stdout, terminal.stderr)
        : linesProgress(terminal.stdout);
      const { checkpointInterval } = options;
      const viewer = options.view ? (await import("../viewer/beside.ts")).viewBeside(session.run.directory, progress) : undefined;
      try {
        const { exitCode } = await runTraining(session, { checkpointInterval, progress });
        setExitCode(exitCode);
      } finally {
        viewer?.close();
      }
    });
}
