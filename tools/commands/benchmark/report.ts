import { join } from "node:path";
import { Command } from "commander";
import { printLine, type Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";

interface Options {
  readonly records?: string;
  readonly from?: string;
  readonly html?: string;
  readonly markdown?: string;
}

export function reportCommand(terminal: Terminal): Command {
  return new Command("report")
    .summary("put the results of a benchmark together")
    .description(
      "Puts the results of a benchmark together: a page, a table in Markdown, and the records of all runs that are done. Of a benchmark's directory, " +
        "or, with --from, of a suite and records that were kept.",
    )
    .argument("<dir|suite>", "a benchmark's directory; with --from a suite")
    .option("--from <file>", "take the results from this file of records")
    .option("--records <file>", "write the records there (default: records.json in the benchmark's directory)")
    .option("--html <file>", "write the page there (default: report.html in the benchmark's directory)")
    .option("--markdown <file>", "write the table in Markdown there")
    .addHelpText("after", examples("motive benchmark report runs/table-2.1-paper --records docs/results/table-2.1.json"))
    .action(async (path: string, { records, from, html, markdown }: Options) => {
      const { tableOf } = await import("../../benchmark/table-source.ts");
      const { recordsOf } = await import("../../benchmark/result-table.ts");
      const { writeTextAtomically } = await import("../../../src/runs/index.ts");
      const { renderHtml } = await import("../../report/html.ts");
      const { renderMarkdown } = await import("../../report/markdown.ts");
      const { prepareOutput } = await import("../../files.ts");

      const table = tableOf(path, from);
      const found = recordsOf(table);
      const inDirectory = (name: string) => (from === undefined ? join(path, name) : undefined);
      const outputs = [
        [records ?? inDirectory("records.json"), () => `${JSON.stringify(found, undefined, 2)}\n`],
        [html ?? inDirectory("report.html"), () => renderHtml(table)],
        [markdown, () => renderMarkdown(table)],
      ] as const;
      for (const [file] of outputs) if (file !== undefined) prepareOutput(file);
      for (const [file, render] of outputs) {
        if (file === undefined) continue;
        writeTextAtomically(file, render());
        printLine(terminal, `wrote ${file}`);
      }
      const planned = new Set(table.cells.flatMap(({ seeds }) => seeds.map(({ command }) => command)));
      printLine(terminal, `${table.name}: ${found.length} of ${planned.size} runs are done`);
    });
}
