import { Command } from "commander";
import { UsageError } from "../errors.ts";
import { printJson, printLine } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { examples } from "./options.ts";

interface Options {
  readonly onnx?: string;
  readonly safetensors?: string;
  readonly reward?: boolean;
  readonly json?: boolean;
}

export function exportCommand(terminal: Terminal): Command {
  return new Command("export")
    .summary("write a run's policy or reward as a file of its own")
    .description(
      "Writes the policy of a run's latest checkpoint, or with --reward the reward that it learned: as an ONNX model that " +
        "any ONNX runtime loads alone, or as safetensors (weights, and all that is needed to rebuild it), which `motive " +
        "evaluate` and `motive collect` take in place of a run.",
    )
    .argument("<run>", "a run directory; for the policy also one that was exported before")
    .option("--onnx <file>", "write an ONNX model")
    .option("--safetensors <file>", "write a safetensors file")
    .option("--reward", "the learned reward instead of the policy")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "motive export runs/sac-Hopper-v5-seed0 --safetensors hopper-policy.safetensors",
        "motive export runs/ml-irl-Hopper-v5-seed0 --reward --onnx hopper-reward.onnx",
      ),
    )
    .action(async (path: string, options: Options) => {
      const files = [options.onnx, options.safetensors].filter((file) => file !== undefined);
      if (files.length === 0) throw new UsageError("export needs --onnx FILE or --safetensors FILE");
      const { exportOnnx, exportWeights } = await import("../exports.ts");
      const { prepareOutput } = await import("../files.ts");
      const { openExportable } = await import("../saved-policy.ts");

      for (const file of files) prepareOutput(file);
      const { exportable, close } = await openExportable(path, options.reward ? "reward" : "policy");
      try {
        if (options.onnx !== undefined) exportOnnx(exportable, options.onnx);
        if (options.safetensors !== undefined) exportWeights(exportable, options.safetensors);
      } finally {
        close();
      }
      if (options.json) {
        printJson(terminal, { kind: exportable.kind, files });
        return;
      }
      for (const file of files) printLine(terminal, `wrote the ${exportable.kind} to ${file}`);
    });
}
