import { createRandom } from "../../src/random/index.ts";
import { bootstrapInterval, mean } from "../../src/statistics/index.ts";
import type { ResultTable, TableRow } from "../benchmark/table.ts";
import { ticks } from "./axes.ts";
import { ratioOf, type CellReport } from "./cells.ts";
import { html, raw, type Markup } from "./markup.ts";
import { formatFixed, formatRatio } from "./numbers.ts";
import { seriesOf } from "./series.ts";

/** Ratios further out are drawn at the end of the axis. */
const farthest = { low: -0.5, high: 1.5 };

interface Axis {
  readonly low: number;
  readonly high: number;
}

function axisOf(reports: readonly CellReport[]): Axis {
  const ratios = reports.flatMap(({ row, last, publishedRatio }) => [
    ...(publishedRatio === undefined ? [] : [publishedRatio]),
    ...(last?.values.flatMap((value) => ratioOf(value, row.reference.measured) ?? []) ?? []),
  ]);
  const within = (value: number) => Math.min(farthest.high, Math.max(farthest.low, value));
  return { low: Math.min(0, ...ratios.map(within)) - 0.02, high: Math.max(1, ...ratios.map(within)) + 0.04 };
}

/** In per cent, so that a strip is as wide as there is room while its marks keep their shape. */
const place = ({ low, high }: Axis, value: number): string =>
  `${((100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low)).toFixed(2)}%`;

const guides = (axis: Axis): string =>
  ticks(axis.low, axis.high)
    .map((value) => {
      const x = place(axis, value);
      return `<line class="${value === 1 ? "unit" : "guide"}" x1="${x}" x2="${x}" y1="0" y2="22"/>`;
    })
    .join("");

function marks(axis: Axis, { row, column, last, publishedRatio }: CellReport): string {
  const ratios = last?.values.flatMap((value) => ratioOf(value, row.reference.measured) ?? []) ?? [];
  const interval =
    ratios.length < 3
      ? undefined
      : bootstrapInterval([ratios], ([runs]) => mean(runs), createRandom(2021).split(`${row.name}, ${column}`), { resamples: 2000 });
  return [
    interval === undefined
      ? ""
      : `<line class="range" x1="${place(axis, interval.low)}" x2="${place(axis, interval.high)}" y1="11" y2="11"/>`,
    ...ratios.map((ratio) => `<circle class="run" cx="${place(axis, ratio)}" cy="11" r="3"/>`),
    ratios.length === 0 ? "" : `<circle class="mean" cx="${place(axis, mean(ratios))}" cy="11" r="4.5"/>`,
    publishedRatio === undefined
      ? ""
      : `<svg x="${place(axis, publishedRatio)}" y="11" overflow="visible"><path class="published" d="M0 -5.5L5.5 0L0 5.5L-5.5 0Z"/></svg>`,
  ].join("");
}

function describe({ last, publishedRatio, missing }: CellReport): string {
  const ours = last?.ratio === undefined ? missing.join(", ") || "no ratio" : formatRatio(last.ratio);
  return `ours ${ours}, published ${publishedRatio === undefined ? "–" : formatRatio(publishedRatio)}`;
}

function strip(axis: Axis, report: CellReport, colour: number | undefined): Markup {
  const { column, last, missing } = report;
  const right =
    last === undefined
      ? html`<span class="small not-run">${missing[0]}</span>`
      : html`<span>${last.ratio === undefined ? "no ratio" : formatRatio(last.ratio)}</span>`;
  return html`<div class="strip series-${colour}"><span>${column}</span><svg role="img" aria-label="${describe(report)}">${raw(guides(axis) + marks(axis, report))}</svg>${right}</div>\n`;
}

const labels = (axis: Axis): string =>
  ticks(axis.low, axis.high)
    .map((value) => `<text x="${place(axis, value)}" y="15" text-anchor="middle">${formatFixed(value, 1)}</text>`)
    .join("");

const shown = ({ cell, last, publishedRatio }: CellReport): boolean =>
  cell !== undefined && (last !== undefined || publishedRatio !== undefined || cell.seeds.length > 0);

/** Ratios as marks on a line, row by row. */
export function stripSection(table: ResultTable, reports: readonly CellReport[]): Markup {
  const { rows, referenceName } = table;
  const series = seriesOf(table);
  const axis = axisOf(reports);
  const scale = html`<div class="axis"><span></span><svg aria-hidden="true">${raw(labels(axis))}</svg><span></span></div>\n`;
  const ofRow = (row: TableRow): Markup =>
    html`<h3>${row.name}</h3>${reports
      .filter((report) => report.row === row && shown(report))
      .map((report) => strip(axis, report, series.get(report.column)))}${scale}`;
  return html`<h2>Ratios and their spread</h2>
<p>Ratio to the respective reference (${referenceName}), last iterate. Large dot: our mean; small dots: seeds; bar: 95 % bootstrap interval of the
mean, from three seeds on; diamond: the published one; dashed line: as good as the reference. What lies beyond the axis is drawn at its end.</p>
<div class="strips">${rows.map(ofRow)}</div>`;
}
