import type { ResultTable } from "../benchmark/table.ts";
import { UserError } from "../../src/errors.ts";
import { renderCompact } from "./markdown.ts";

const begin = /^<!-- results of (\S+) -->$/;
const endOf = (suite: string): string => `<!-- end of results of ${suite} -->`;

/**
 * A text with the results between its marks written anew: what stands between `<!-- results of SUITE -->` and
 * `<!-- end of results of SUITE -->`, each a line of its own.
 * @param file what the text is called in complaints
 * @param tableOf the results of a suite
 * @throws UserError when there are no marks, or one has no end
 */
export function withResults(file: string, text: string, tableOf: (suite: string) => ResultTable): string {
  const written: string[] = [];
  const lines = text.split("\n");
  let marks = 0;
  for (let i = 0; i < lines.length; i++) {
    written.push(lines[i]);
    const suite = begin.exec(lines[i])?.[1];
    if (suite === undefined) continue;
    marks++;
    const end = lines.indexOf(endOf(suite), i);
    if (end < 0) throw new UserError(`${file}: line ${i + 1} begins the results of ${suite}, but no line ${endOf(suite)} ends them`);
    written.push("", renderCompact(tableOf(suite)), "", lines[end]);
    i = end;
  }
  if (marks === 0) throw new UserError(`${file}: has no line <!-- results of SUITE -->`);
  return written.join("\n");
}
