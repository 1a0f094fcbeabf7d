import type { ResultTable } from "../benchmark/table.ts";
import { aggregateColumn, improvements, reversed, type Aggregate, type Improvement, type Iterate } from "./aggregates.ts";
import type { CellReport } from "./cells.ts";
import { html, type Markup } from "./markup.ts";
import { counted, formatFixed, formatInterval, formatRatio } from "./numbers.ts";

function matrixCell(report: CellReport): Markup {
  const { cell, finished, last, publishedRatio, missing } = report;
  if (cell === undefined) return html`<td class="not-run">not in the suite</td>`;
  const ours =
    last === undefined
      ? html`<div class="${cell.seeds.length === 0 ? "not-run" : "state"}">${missing.map((one) => html`<div>${one}</div>`)}</div>`
      : html`<div class="big">${last.ratio === undefined ? "no ratio" : formatRatio(last.ratio)}</div>`;
  const seeds =
    last === undefined
      ? undefined
      : html`<div class="small faint">${counted(finished.length, "seed")}</div>${missing.length === 0 ? undefined : html`<div class="small state">${missing.join(", ")}</div>`}`;
  return html`<td>${ours}<div class="small faint">${publishedRatio === undefined ? "not published" : `published ${formatRatio(publishedRatio)}`}</div>${seeds}</td>`;
}

function aggregateCell({ interquartileMean, interval, runs, rows, missing }: Aggregate): Markup {
  if (interquartileMean === undefined) return html`<td class="not-run">no ratios</td>`;
  return html`<td><div class="big">${formatRatio(interquartileMean)}</div>
<div class="small">${interval === undefined ? html`<span class="faint">no interval</span>` : formatInterval(interval)}</div>
<div class="small ${missing.length > 0 ? "state" : "faint"}">${rows.length} of ${counted(rows.length + missing.length, "row")}</div>
<div class="small faint">${counted(runs, "run")}</div></td>`;
}

const iterates: readonly (readonly [Iterate, string])[] = [
  ["last", "last iterate"],
  ["best", "best measurement"],
];

/** The ratios at a glance, and the interquartile mean of each column. */
export function ratioSection(table: ResultTable, reports: readonly CellReport[]): Markup {
  const { rows, columns, referenceName } = table;
  const aggregates = iterates.map(([iterate, name]) => [name, columns.map((column) => aggregateColumn(reports, column, iterate))] as const);
  const singles = aggregates[0][1].filter((one) => one.singles.length > 0).map((one) => `${one.column} (${one.singles.join(", ")})`);
  return html`<h2>Ratio to the reference (${referenceName}), last iterate</h2>
<p>Ours, the mean over seeds, relative to our own reference; below it the published number relative to its own. The
last rows are interquartile means over the runs of all rows, with 95 % stratified bootstrap intervals; a column with results in fewer
rows is not comparable with one that has more.</p>
<div class="scroll"><table class="matrix"><thead><tr><th></th>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr><th scope="row">${row.name}</th>${reports.filter((report) => report.row === row).map(matrixCell)}</tr>\n`,
  )}</tbody>
<tfoot>${aggregates.map(
    ([name, ofColumns]) => html`<tr><th scope="row">IQM<div class="small faint">${name}</div></th>${ofColumns.map(aggregateCell)}</tr>\n`,
  )}</tfoot></table></div>
${singles.length === 0 ? undefined : html`<p class="small faint">No interval where a row has a single run, whose spread is unknown: ${singles.join("; ")}.</p>`}`;
}

function improvementCell(improvement: Improvement | undefined): Markup {
  if (improvement === undefined) return html`<td class="not-run">–</td>`;
  const { probability, interval, rows } = improvement;
  return html`<td><div class="big">${formatFixed(probability, 2)}</div>
<div class="small">${interval === undefined ? html`<span class="faint">no interval</span>` : formatInterval(interval, 2)}</div>
<div class="small faint">${counted(rows.length, "row")}</div></td>`;
}

/** Which column is better than which; nothing where fewer than two can be compared. */
export function improvementSection({ columns }: ResultTable, reports: readonly CellReport[]): Markup | undefined {
  const pairs = improvements(reports, columns);
  if (pairs.length === 0) return undefined;
  const both = [...pairs, ...pairs.map(reversed)];
  const compared = columns.filter((column) => both.some(({ of }) => of === column));
  return html`<h2>Probability of improvement</h2>
<p>How likely a run of the agent on the left has a higher return (last iterate) than a run of the agent above, averaged over the
rows that both have results in; 95 % stratified bootstrap intervals, none where an agent has a single run in one of these rows.</p>
<div class="scroll"><table class="matrix"><thead><tr><th></th>${compared.map((column) => html`<th scope="col">over ${column}</th>`)}</tr></thead>
<tbody>${compared.map(
    (of) =>
      html`<tr><th scope="row">${of}</th>${compared.map((over) => improvementCell(both.find((pair) => pair.of === of && pair.over === over)))}</tr>\n`,
  )}</tbody></table></div>`;
}
