import type { ResultTable } from "../benchmark/table.ts";
import { countCells, type CellReport } from "./cells.ts";
import { html, type Markup } from "./markup.ts";
import { counted } from "./numbers.ts";

/** How many cells and runs there are, in a sentence or two. */
export function summaryLines(reports: readonly CellReport[]): string[] {
  const { complete, partial, pending, neverRun, runs } = countCells(reports);
  const cells = complete + partial + pending + neverRun;
  const parts = [
    [`${complete} complete`, complete],
    [`${partial} with some runs done`, partial],
    [`${pending} with runs, none of them done`, pending],
    [`${neverRun} that nobody has run`, neverRun],
  ] as const;
  const total = runs.reduce((sum, [, count]) => sum + count, 0);
  return [
    `${counted(cells, "cell")}: ${parts.filter(([, count]) => count > 0).map(([text]) => text).join(", ")}.`,
    `${counted(total, "run")}${total === 0 ? "" : `: ${runs.map(([state, count]) => `${count} ${state}`).join(", ")}`}.`,
  ];
}

const itemOf = (title: string, places: readonly string[]): Markup[] =>
  places.length === 0 ? [] : [html`<li>${title}: ${places.join("; ")}.</li>`];

function failureItems(reports: readonly CellReport[]): Markup[] {
  return reports.flatMap(({ row, column, cell }) =>
    (cell?.seeds ?? [])
      .filter(({ state, message }) => state === "failed" || message !== undefined)
      .map(
        ({ seed, state, message }) =>
          html`<li><b class="state">${row.name}, ${column}, seed ${seed} ${state}</b>:
<span class="failure">${message ?? "no message was kept"}</span></li>`,
      ),
  );
}

/** What failed and why, what is not done yet, and what nobody has run. */
function missingItems({ columns, rows }: ResultTable, reports: readonly CellReport[]): Markup[] {
  const unfinished = reports
    .filter(({ cell, missing }) => (cell?.seeds.length ?? 0) > 0 && missing.length > 0)
    .map(({ row, column, missing }) => `${row.name}, ${column} (${missing.join(", ")})`);
  const rowsWithout = (column: string): string[] =>
    reports.filter((report) => report.column === column && report.cell?.seeds.length === 0).map(({ row }) => row.name);
  const rowsOf = (column: string): number =>
    reports.filter((report) => report.column === column && report.cell !== undefined).length;
  const nowhere = columns.filter((column) => rowsOf(column) > 0 && rowsWithout(column).length === rowsOf(column));
  const inPlaces = columns
    .filter((column) => !nowhere.includes(column) && rowsWithout(column).length > 0)
    .map((column) => `${column} in ${rowsWithout(column).join(", ")}`);
  const unmeasured = rows.filter(({ reference }) => reference.measured === undefined).map(({ name }) => name);
  return [
    ...failureItems(reports),
    ...itemOf("Not finished", unfinished),
    ...itemOf("Not run", inPlaces),
    ...itemOf("Not run in any row", nowhere),
    ...itemOf("Our own reference was not measured, so that there are no ratios of ours", unmeasured),
  ];
}

export function summarySection(table: ResultTable, reports: readonly CellReport[]): Markup {
  const missing = missingItems(table, reports);
  return html`<div class="summary">${summaryLines(reports).map((line) => html`<p>${line}</p>`)}
<p class="faint">Only finished runs enter a mean, an interval or a comparison.</p></div>
${missing.length === 0 ? undefined : html`<div class="missing"><p><b>What is missing</b></p><ul>${missing}</ul></div>`}`;
}
