import { Command } from "commander";
import type { CatalogueEntry } from "../../../datasets/index.ts";
import { formatCount, formatScore } from "../../progress.ts";
import { formatTable, printJson, printLine } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import { examples } from "../options.ts";
import { catalogueFlag } from "./catalogue-flag.ts";

interface Options {
  readonly catalogue?: string;
  readonly json?: boolean;
}

function row(entry: CatalogueEntry, made: string): string[] {
  const { name, environment, content } = entry;
  if (content === undefined) return [name, environment, "", "", "", made];
  const { transitions, returns, normalizedScore: score } = content;
  const facts = [formatCount(transitions), returns.mean.toFixed(1), score === null ? "" : formatScore(score)];
  return [name, environment, ...facts, made];
}

export function listDatasetsCommand(terminal: Terminal): Command {
  return new Command("list")
    .summary("show the sets that can be generated")
    .description(
      "Lists the catalogue: every set that `motive dataset generate` makes, its transitions, its mean return, the " +
        "normalised score of that (D4RL's scale, where 100 is its expert), and how it is made.",
    )
    .option(...catalogueFlag)
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("motive dataset list"))
    .action(async (options: Options) => {
      const { readCatalogue } = await import("../../../datasets/index.ts");
      const { describeRecipe } = await import("../../dataset-generation.ts");

      const { entries } = readCatalogue(options.catalogue);
      if (options.json) {
        printJson(terminal, { sets: entries.map((entry) => ({ ...entry, recipe: describeRecipe(entry) })) });
        return;
      }
      const header = ["name", "environment", "transitions", "return", "score", "made of"];
      const rows = entries.map((entry) => row(entry, describeRecipe(entry)));
      for (const line of formatTable([header, ...rows], [2, 3, 4])) printLine(terminal, line);
    });
}
