import { formatCount, formatDuration } from "../progress.ts";
import type { PublishedReturn, ResultTable, TableRow } from "../benchmark/table.ts";
import { effortOf, heldOf, type CellReport, type Held, type Measure } from "./cells.ts";
import { html, type Markup } from "./markup.ts";
import { formatFixed, formatRange, formatRatio, returnDecimals } from "./numbers.ts";

/** Decimals that suit all returns of a row. */
export function decimalsOf({ reference: { published, measured } }: TableRow, reports: readonly CellReport[]): number {
  const returns = [published, measured, ...reports.flatMap(({ published: ofCell, last }) => [ofCell, last])];
  return returnDecimals(returns.flatMap((one) => (one === undefined ? [] : [one.mean])));
}

const spread = (deviation: number | undefined, decimals: number): Markup =>
  html`<span class="spread">${deviation === undefined ? "" : `± ${formatFixed(deviation, decimals)}`}</span>`;

const ratio = (value: number | undefined): string => (value === undefined ? "–" : formatRatio(value));

function publishedCells(published: PublishedReturn | undefined, relative: number | undefined, decimals: number): Markup {
  return html`<td data-label="published">${
    published === undefined
      ? html`<span class="faint">not published</span>`
      : html`<span class="nowrap">${formatFixed(published.mean, decimals)}${spread(published.std, decimals)}</span>`
  }</td><td data-label="published, ratio">${ratio(relative)}</td>`;
}

const measureCells = ({ mean, deviation, ratio: relative }: Measure, label: string, decimals: number): Markup =>
  html`<td class="part" data-label="${label}"><span class="nowrap">${formatFixed(mean, decimals)}${spread(deviation, decimals)}</span></td><td data-label="${label}, ratio"><b>${ratio(relative)}</b></td>`;

export function heldText(held: Held | undefined): string {
  if (held === undefined) return "–";
  const { steps, seeds, of } = held;
  return `${steps === null ? "not held" : formatCount(steps)}${of === 1 || seeds === of ? "" : ` (${seeds} of ${of})`}`;
}

function numbersRow(report: CellReport, decimals: number): Markup {
  const { column, cell, finished, last, best, published, publishedRatio, missing } = report;
  const head = html`<th scope="row">${column}</th>${publishedCells(published, publishedRatio, decimals)}`;
  const effort = effortOf(finished);
  if (last === undefined || best === undefined || effort === undefined)
    return html`<tr class="cell">${head}<td class="part wide" colspan="8" data-label="ours"><span class="${cell?.seeds.length ? "state" : "not-run"}">${missing.join(", ")}</span></td></tr>\n`;
  const planned = cell?.seeds.length ?? 0;
  const seeds = finished.length === planned ? `${planned}` : `${finished.length} of ${planned}`;
  return html`<tr class="cell">${head}${measureCells(last, "last iterate", decimals)}${measureCells(best, "best", decimals)}
<td class="part" data-label="seeds"><span>${seeds}${missing.map((one) => html`<div class="small state">${one}</div>`)}</span></td>
<td data-label="steps"><span>${formatRange(effort.steps)}${effort.unit === "updates" ? html`<span class="faint"> upd.</span>` : undefined}</span></td>
<td data-label="90 % held from">${heldText(heldOf(finished))}</td>
<td data-label="wall time">${formatDuration(effort.wallSeconds)}</td></tr>\n`;
}

export const returnText = ({ mean, std }: PublishedReturn, decimals: number): string =>
  `${formatFixed(mean, decimals)}${std === undefined ? "" : ` ± ${formatFixed(std, decimals)}`}`;

/** The reference of a row: ours beside the published one. */
export function referenceText({ reference: { measured, published } }: TableRow, name: string, decimals: number): string {
  const ours = measured === undefined ? "not measured" : returnText(measured, decimals);
  return `${name}: ours ${ours}, published ${published === undefined ? "–" : returnText(published, decimals)}`;
}

function numbersGroup(row: TableRow, { referenceName }: ResultTable, reports: readonly CellReport[]): Markup {
  const ofRow = reports.filter((report) => report.row === row && report.cell !== undefined);
  const decimals = decimalsOf(row, ofRow);
  const environment = row.name === row.environment ? "" : ` (${row.environment})`;
  return html`<tr class="group"><th colspan="11" scope="colgroup">${row.name}${environment} <span class="faint">· ${referenceText(row, referenceName, decimals)}</span></th></tr>
${ofRow.map((report) => numbersRow(report, decimals))}`;
}

/** Every number of every cell. */
export function numbersSection(table: ResultTable, reports: readonly CellReport[]): Markup {
  const spreads = reports.some(({ published }) => published?.std !== undefined);
  return html`<h2>Returns</h2>
<p>True, undiscounted returns. Last iterate: the policy at the end of the run, mean action, mean of 20 episodes; no checkpoint was
chosen. Best: the best measurement along the run, which is chosen by the true reward and is no result of the algorithm. ± is the
standard deviation between seeds (divided by n − 1), absent of one seed. 90 % held from: the step from which on every measurement
is at 90 % of the reference (${table.referenceName}) or above, the median over seeds; in brackets how many seeds hold it. Steps are those in the
environment, all counted; of runs that take none, updates (upd.). Wall time: the mean of a run.</p>
<div class="scroll"><table class="numbers${spreads ? "" : " bare"}"><thead>
<tr><th rowspan="2" scope="col">agent</th><th colspan="2" class="unite" scope="colgroup">published</th><th colspan="2" class="part unite" scope="colgroup">ours, last iterate</th><th colspan="2" class="part unite" scope="colgroup">ours, best</th><th colspan="4" class="part unite" scope="colgroup">runs</th></tr>
<tr><th scope="col">return</th><th scope="col">ratio</th><th class="part" scope="col">return</th><th scope="col">ratio</th><th class="part" scope="col">return</th><th scope="col">ratio</th><th class="part" scope="col">seeds</th><th scope="col">steps</th><th scope="col">90 % held from</th><th scope="col">wall time</th></tr>
</thead><tbody>${table.rows.map((row) => numbersGroup(row, table, reports))}</tbody></table></div>`;
}
