import type { ResultTable, SeedResult, TableRow } from "../benchmark/table.ts";
import { dashes } from "./axes.ts";
import { isFinished, type CellReport } from "./cells.ts";
import { describeGroup, drawCurvePanel, type CurveGroup } from "./curves.ts";
import { html, raw, type Markup } from "./markup.ts";
import type { CurvePoint } from "./records.ts";
import { seriesOf } from "./series.ts";

const curvesOf = (seeds: readonly SeedResult[]): (readonly CurvePoint[])[] =>
  seeds.flatMap(({ curve }) => (curve === undefined || curve.length === 0 ? [] : [curve]));

type Unit = "environment steps" | "updates";

/** What a cell's curves count, by its own runs or else by any others of the table. */
function unitOf({ finished }: CellReport, all: readonly CellReport[]): Unit {
  const known = finished.length > 0 ? finished : all.flatMap((report) => report.finished);
  return known.length > 0 && known.every(({ record }) => record.updates !== undefined) ? "updates" : "environment steps";
}

interface CellCurves {
  readonly report: CellReport;
  readonly unit: Unit;
  readonly group: CurveGroup;
}

function cellCurves(report: CellReport, colour: number | undefined, all: readonly CellReport[]): CellCurves | undefined {
  const seeds = report.cell?.seeds ?? [];
  const curves = curvesOf(seeds.filter(isFinished));
  const unfinished = curvesOf(seeds.filter((seed) => !isFinished(seed)));
  // A single measurement, such as BC's, is in the tables.
  if (![...curves, ...unfinished].some((curve) => curve.length > 1)) return undefined;
  const group = { name: report.column, curves, unfinished, ...(colour !== undefined && { colour }) };
  return { report, unit: unitOf(report, all), group };
}

/** What the lines are; once where all are the same. */
function captionOf(groups: readonly CurveGroup[]): string {
  const kinds = new Set(groups.map(describeGroup));
  if (groups.length > 1 && kinds.size === 1) return `Each: ${[...kinds].join("")}`;
  return groups.map((group) => `${group.name}: ${describeGroup(group)}`).join("; ");
}

function figure(row: TableRow, unit: Unit, referenceName: string, drawn: readonly CellCurves[]): Markup {
  const groups = drawn.map(({ group }) => group);
  const panel = drawCurvePanel({
    title: row.name,
    groups,
    unit: unit === "updates" ? "updates of the networks" : "environment steps (all counted)",
    expertName: referenceName,
    ...(row.reference.measured !== undefined && { expertReturn: row.reference.measured.mean }),
  });
  return html`<figure role="img" aria-label="Learning curves in ${row.name}">${raw(panel)}<figcaption>${captionOf(groups)}.</figcaption></figure>\n`;
}

const legendEntry = (column: string, colour: number): Markup =>
  html`<span class="series-${colour}"><svg class="key" aria-hidden="true"><path d="M0 6h30" stroke-dasharray="${dashes[colour]}"/></svg>${column}</span>`;

/** Learning curves, a panel per row; nothing where none were kept. */
export function curveSection(table: ResultTable, reports: readonly CellReport[]): Markup {
  const { rows, columns, referenceName } = table;
  const series = seriesOf(table);
  const cells = reports.flatMap((report) => cellCurves(report, series.get(report.column), reports) ?? []);
  const without = reports
    .filter(({ finished }) => finished.some(({ curve }) => (curve?.length ?? 0) < 2))
    .map(({ row, column }) => `${row.name}, ${column}`);
  const figures = rows.flatMap((row) =>
    (["environment steps", "updates"] as const).flatMap((unit) => {
      const drawn = cells.filter((one) => one.report.row === row && one.unit === unit);
      return drawn.length === 0 ? [] : [figure(row, unit, referenceName, drawn)];
    }),
  );
  const inLegend = columns.filter((column) => cells.some(({ report }) => report.column === column));
  return html`<h2>Learning curves</h2>
${figures.length === 0 ? html`<p class="not-run">No learning curves were kept.</p>` : undefined}
${
  figures.length === 0
    ? undefined
    : html`<p>Measurements along the runs by the true reward, which chose nothing. With three seeds or more: the mean of the finished runs and
its 95 % bootstrap interval, point by point; with fewer: every seed, and the mean. Dotted: runs that have not finished.</p>
<div class="legend">${inLegend.map((column) => legendEntry(column, series.get(column) ?? 0))}</div>
<div class="panels">${figures}</div>`
}
${without.length === 0 || figures.length === 0 ? undefined : html`<p class="small faint">Finished runs with no more than one measurement, which have no curve: ${without.join("; ")}.</p>`}`;
}
