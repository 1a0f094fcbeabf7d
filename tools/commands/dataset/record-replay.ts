import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { formatCount } from "../../progress.ts";
import { printJson, printLine } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import { examples, integerFrom } from "../options.ts";

interface Options {
  readonly out: string;
  readonly checkpoint?: string;
  readonly steps?: number;
  readonly policy?: string;
  readonly json?: boolean;
}

export function recordReplayCommand(terminal: Terminal): Command {
  return new Command("record-replay")
    .summary("keep a training run's replay as its actions")
    .description(
      "Writes the actions of a SAC run's first steps, from the replay buffer in a checkpoint, to a compact file, from which " +
        "`motive dataset generate` makes a medium-replay set: physics is deterministic, so the actions and the seed are the " +
        "run. Before anything is written, the actions are stepped through, and every observation, reward and ending has to " +
        "be the run's, bit for bit. The run itself is only read.",
    )
    .argument("<run>", "the run's directory")
    .requiredOption("--out <file>", "the recording to write, a safetensors file")
    .option("--checkpoint <file>", "a checkpoint of the run that was kept elsewhere (default: its latest)")
    .option("--steps <n>", "the run's first steps (default: all up to the checkpoint)", integerFrom(1))
    .option("--policy <file>", "write the checkpoint's policy as well, as `motive export` does")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "motive dataset record-replay runs/sac-Hopper-v5-seed0 --steps 200000 --out hopper-replay.safetensors",
        "motive dataset record-replay runs/sac-Hopper-v5-seed0 --checkpoint kept.safetensors --out replay.safetensors --policy medium.safetensors",
      ),
    )
    .action(async (path: string, options: Options) => {
      const { recordReplay, saveRecording } = await import("../../../agents/generation/index.ts");
      const { policyOf, stepsOf } = await import("../../../agents/sac/checkpoint.ts");
      const { make } = await import("../../../envs/index.ts");
      const { exportWeights } = await import("../../exports.ts");
      const { prepareOutput } = await import("../../files.ts");
      const { readSacCheckpoint } = await import("../../run-session.ts");

      const { out, policy } = options;
      for (const file of [out, policy]) if (file !== undefined) prepareOutput(file);
      const { facts, file, snapshot } = readSacCheckpoint(path, options.checkpoint);
      const taken = stepsOf(snapshot, file);
      const steps = options.steps ?? taken;
      if (policy !== undefined && steps !== taken) {
        throw new UsageError(`--policy: ${file} has the policy of step ${taken}, not of step ${steps}`);
      }
      const { environment, seed, command } = facts;
      const recording = await recordReplay(snapshot, steps, { environment, seed, command, path: file });
      if (policy !== undefined) {
        const made = await make(environment);
        made.close();
        exportWeights(policyOf(snapshot, made, facts.config, file), policy);
      }
      saveRecording(out, recording);
      const episodes = recording.lengths.length;
      if (options.json) {
        printJson(terminal, {
          file: out,
          environment,
          seed,
          steps,
          episodes,
          transitions: recording.transitions,
          policy,
        });
        return;
      }
      printLine(
        terminal,
        `${out}: ${formatCount(steps)} actions in ${formatCount(episodes)} episodes of ${environment}; they give the run's transitions bit for bit`,
      );
      if (policy !== undefined) printLine(terminal, `${policy}: the policy of step ${formatCount(taken)}`);
    });
}
