import { Command } from "commander";
import { printJson, type Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { onlyFlag } from "./options.ts";

export function statusCommand(terminal: Terminal): Command {
  return new Command("status")
    .summary("how far a benchmark is")
    .description("Tells how far a benchmark is, from the directories of its runs, whoever runs them.")
    .argument("<dir>", "a benchmark's directory")
    .option(...onlyFlag)
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive benchmark status runs/table-2.1-quick"))
    .action(async (directory: string, options: { readonly only: readonly string[]; readonly json?: boolean }) => {
      const { reportJobs, statusJson } = await import("../../benchmark/benchmark.ts");
      const { readBenchmark } = await import("../../benchmark/directory.ts");
      const { printStatus } = await import("../../benchmark/display.ts");
      const { expandSuite } = await import("../../benchmark/expand.ts");
      const { jobsOf } = await import("../../benchmark/jobs.ts");
      const { selectCells } = await import("../../benchmark/selection.ts");

      const { suite, preset, seeds } = readBenchmark(directory);
      const plan = expandSuite(suite, preset, seeds);
      const reports = reportJobs(directory, jobsOf(plan, selectCells(plan, options.only)));
      if (options.json) printJson(terminal, statusJson(plan, directory, reports));
      else printStatus(terminal, `${plan.suite}, preset ${preset}, in ${directory}`, reports);
    });
}
