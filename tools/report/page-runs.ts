import type { SeedResult } from "../benchmark/table.ts";
import { formatCount, formatDuration } from "../progress.ts";
import { isFinished, ratioOf, type CellReport } from "./cells.ts";
import { html, type Markup } from "./markup.ts";
import { formatFixed, formatRatio, returnDecimals } from "./numbers.ts";

const commandOf = ({ command, record }: SeedResult): string | undefined => command ?? record?.command;

function factsOf(seed: SeedResult, { row }: CellReport): (readonly [name: string, value: string])[] {
  if (!isFinished(seed)) return [];
  const { record } = seed;
  const decimals = returnDecimals([record.finalReturn, record.bestReturn]);
  const ratio = ratioOf(record.finalReturn, row.reference.measured);
  const { stepsToHold90: held, updates } = record;
  return [
    ["last iterate", formatFixed(record.finalReturn, decimals)],
    ...(ratio === undefined ? [] : [["ratio", formatRatio(ratio)] as const]),
    ["best", formatFixed(record.bestReturn, decimals)],
    ["environment steps", formatCount(record.environmentSteps)],
    ...(updates === undefined ? [] : [["updates", formatCount(updates)] as const]),
    ...(held === undefined ? [] : [["90 % held from", held === null ? "not held" : formatCount(held)] as const]),
    ["wall time", formatDuration(record.wallSeconds)],
    ["motive", record.version],
  ];
}

function runMarkup(seed: SeedResult, report: CellReport): Markup {
  const command = commandOf(seed);
  const state = isFinished(seed) ? undefined : html`<span class="state">${seed.state === "done" ? "done without a result" : seed.state}</span>`;
  const facts = factsOf(seed, report).map(([name, value]) => html`<span><span class="faint">${name}</span> ${value}</span>`);
  return html`<div class="run-of"><div class="facts"><b>seed ${seed.seed}</b>${state}${facts}</div>
${seed.message === undefined ? undefined : html`<div class="failure state">${seed.message}</div>`}
${command === undefined ? html`<p class="small faint">No command was kept.</p>` : html`<div class="command"><code>${command}</code><button type="button" data-copy hidden>copy</button></div>`}</div>\n`;
}

function cellRuns(report: CellReport): Markup {
  const { row, column, cell, finished, missing } = report;
  const seeds = cell?.seeds ?? [];
  const counts = [...(finished.length === 0 ? [] : [`${finished.length} done`]), ...missing].join(", ");
  return html`<details><summary><b>${row.name}</b>, ${column} <span class="faint">· ${counts}</span></summary>
<div>${seeds.map((seed) => runMarkup(seed, report))}</div></details>\n`;
}

/** What started each run, and what came of it. */
export function runSection(reports: readonly CellReport[]): Markup {
  const cells = reports.filter(({ cell }) => (cell?.seeds.length ?? 0) > 0);
  return html`<h2>Runs and their commands</h2>
${cells.length === 0 ? html`<p class="not-run">There are none.</p>` : html`<p>Each run again, alone, as somebody would start it by hand.</p>`}
${cells.map(cellRuns)}`;
}
