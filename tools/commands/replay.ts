import { Command } from "commander";
import { z } from "zod";
import type { Recording } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { readText } from "../files.ts";
import { printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples } from "./options.ts";

const recordingSchema = z.object({
  initial: z.object({ qpos: z.array(z.number()), qvel: z.array(z.number()) }),
  actions: z.array(z.array(z.number())),
});

function readRecording(path: string): Recording {
  const text = readText(path);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path}: not JSON: ${(error as Error).message}`);
  }
  const result = recordingSchema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue.path.length > 0 ? `"${issue.path.join(".")}": ` : "";
  throw new UserError(`${path}: ${place}${issue.message.replace(/^Invalid input: /, "")}`);
}

export function replayCommand(terminal: Terminal): Command {
  return new Command("replay")
    .summary("apply recorded actions from a given physics state")
    .description(
      "Sets an environment's physics state, applies the actions of a file in order (without resetting when the episode " +
        "terminates) and prints what happened: observations, rewards, terminated, qpos and qvel of every step.\n\n" +
        'The file is JSON: {"initial": {"qpos": […], "qvel": […]}, "actions": [[…], …]}.',
    )
    .argument("<env>", "environment, as `motive list envs` names it")
    .requiredOption("--from <file>", "the recording to replay")
    .option("--json", "print one JSON object in full float64 precision")
    .addHelpText("after", examples("motive replay Hopper-v5 --from recording.json --json"))
    .action(async (id: string, options: { from: string; json?: boolean }) => {
      const { findEnvironment } = await import("../names.ts");
      const { make, replay } = await import("../../envs/index.ts");
      const spec = findEnvironment(id);
      const recording = readRecording(options.from);
      const environment = await make(spec.id);
      try {
        const result = { environment: spec.id, ...replay(environment, recording) };
        if (options.json) {
          printJson(terminal, result);
          return;
        }
        const total = result.rewards.reduce((sum, reward) => sum + reward, 0);
        const steps = result.rewards.length;
        const end = result.terminated.indexOf(true) + 1;
        printLine(terminal, `${id}: ${steps} steps, sum of rewards ${total.toFixed(3)}`);
        const after = end < steps ? ", and was simulated on" : "";
        printLine(terminal, end === 0 ? "never terminated" : `terminated at step ${end}${after}`);
      } catch (error) {
        if (error instanceof UserError) throw new UserError(`${options.from}: ${error.message}`);
        throw error;
      } finally {
        environment.close();
      }
    });
}
