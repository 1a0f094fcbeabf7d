import type { Catalogue, CatalogueEntry } from "../../datasets/index.ts";
import { UserError } from "../../src/errors.ts";
import { describeRecipe } from "../dataset-generation.ts";
import { formatCount, formatScore } from "../progress.ts";

/** What stands before and after the table of sets on the page. */
const [begin, end] = ["<!-- sets -->", "<!-- end of sets -->"];

const header = [
  "set",
  "environment",
  "made of",
  "transitions",
  "MB",
  "episodes",
  "terminated",
  "return (smallest to largest)",
  "score",
  "content (SHA-256)",
];

function row(entry: CatalogueEntry): string[] {
  const { name, environment, content } = entry;
  const committed =
    entry.kind === "demonstrations" && entry.file !== undefined ? `; kept in \`${entry.file}\`` : "";
  const facts = [`\`${name}\``, environment, `${describeRecipe(entry)}${committed}`];
  if (content === undefined) return [...facts, ...header.slice(facts.length).map(() => "–")];
  const { transitions, bytes, episodes, terminations, returns, normalizedScore: score, sha256 } = content;
  return [
    ...facts,
    formatCount(transitions),
    (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0),
    formatCount(episodes),
    formatCount(terminations),
    `${returns.mean.toFixed(1)} (${returns.min.toFixed(1)} to ${returns.max.toFixed(1)})`,
    score === null ? "–" : formatScore(score),
    `\`${sha256}\``,
  ];
}

/** The page with the table of a catalogue's sets. @throws UserError when the page does not mark where it stands */
export function withSets(text: string, { entries }: Catalogue): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new UserError(`the page has no lines ${begin} and ${end}`);
  const rows = [header, header.map(() => "---"), ...entries.map(row)];
  const table = rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
