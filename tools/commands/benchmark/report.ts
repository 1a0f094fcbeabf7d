import { join } from "node:path";
import { Command } from "commander";
import { printLine, type Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";

interface Options {
  readonly records?: string;
  readonly from?: string;
}

export function reportCommand(terminal: Terminal): Command {
  return new Command("report")
    .summary("put the results of a benchmark together")
    .description(
      "Puts the results of a benchmark together: the records of all runs that are done, as JSON. Of a benchmark's directory, " +
        "or, with --from, of a suite and records that were kept.",
    )
    .argument("<dir|suite>", "a benchmark's directory; with --from a suite")
    .option("--from <file>", "take the results from this file of records")
    .option("--records <file>", "write the records there (default: records.json in the benchmark's directory)")
    .addHelpText("after", examples("motive benchmark report runs/table-2.1-paper --records docs/results/table-2.1.json"))
    .action(async (path: string, { records, from }: Options) => {
      const { tableOf } = await import("../../benchmark/table-source.ts");
      const { recordsOf } = await import("../../benchmark/result-table.ts");
      const { writeTextAtomically } = await import("../../../src/runs/index.ts");
      const { prepareOutput } = await import("../../files.ts");

      const table = tableOf(path, from);
      const found = recordsOf(table);
      const file = records ?? (from === undefined ? join(path, "records.json") : undefined);
      if (file !== undefined) {
        prepareOutput(file);
        writeTextAtomically(file, `${JSON.stringify(found, undefined, 2)}\n`);
        printLine(terminal, `wrote ${file}`);
      }
      const planned = new Set(table.cells.flatMap(({ seeds }) => seeds.map(({ command }) => command)));
      printLine(terminal, `${table.name}: ${found.length} of ${planned.size} runs are done`);
    });
}
