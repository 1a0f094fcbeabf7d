import type { ResultTable, TableRow } from "../benchmark/table.ts";
import { formatDuration } from "../progress.ts";
import { aggregateColumn, type Aggregate } from "./aggregates.ts";
import { effortOf, heldOf, reportCells, type CellReport, type Measure } from "./cells.ts";
import { decimalsOf, heldText, referenceText, returnText } from "./page-numbers.ts";
import { summaryLines } from "./page-summary.ts";
import { counted, formatInterval, formatRange, formatRatio } from "./numbers.ts";

const inCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");

/** A table in Markdown; the columns from number `left` on are flushed right. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[], left = 1): string[] {
  const rule = header.map((_, i) => (i < left ? "---" : "--:"));
  return [header, rule, ...rows].map((cells) => `| ${cells.map(inCell).join(" | ")} |`);
}

const ratio = (value: number | undefined): string => (value === undefined ? "–" : formatRatio(value));

const measureText = ({ mean, deviation }: Measure, decimals: number): string =>
  returnText({ mean, ...(deviation !== undefined && { std: deviation }) }, decimals);

function cellRow(report: CellReport, decimals: number): string[] {
  const { row, column, cell, published, publishedRatio, finished, last, best, missing } = report;
  const head = [row.name, column, published === undefined ? "not published" : returnText(published, decimals), ratio(publishedRatio)];
  const effort = effortOf(finished);
  if (last === undefined || best === undefined || effort === undefined) return [...head, missing.join(", "), ...Array<string>(7).fill("–")];
  const planned = cell?.seeds.length ?? 0;
  return [
    ...head,
    measureText(last, decimals),
    `**${ratio(last.ratio)}**`,
    measureText(best, decimals),
    ratio(best.ratio),
    missing.length === 0 ? `${planned}` : `${finished.length} of ${planned} (${missing.join(", ")})`,
    `${formatRange(effort.steps)}${effort.unit === "updates" ? " updates" : ""}`,
    heldText(heldOf(finished)),
    formatDuration(effort.wallSeconds),
  ];
}

const fullHeader = [
  "",
  "agent",
  "published",
  "ratio",
  "ours, last iterate",
  "ratio",
  "ours, best measurement",
  "ratio",
  "seeds",
  "environment steps",
  "90 % held from",
  "wall time",
];

function aggregateRow({ column, interquartileMean, interval, rows, missing, runs }: Aggregate): string[] {
  return [
    column,
    ratio(interquartileMean),
    interval === undefined ? "–" : formatInterval(interval),
    `${rows.length} of ${rows.length + missing.length}`,
    `${runs}`,
  ];
}

/** All numbers of a table as Markdown, ending with a newline. */
export function renderMarkdown(table: ResultTable): string {
  const { title, source, rows, columns, referenceName } = table;
  const reports = reportCells(table);
  const decimals = new Map(rows.map((row) => [row, decimalsOf(row, reports.filter((report) => report.row === row))]));
  const decimalsFor = (row: TableRow): number => decimals.get(row) ?? 0;
  const aggregates = columns.map((column) => aggregateColumn(reports, column, "last")).filter(({ runs }) => runs > 0);
  const failures = reports.flatMap(({ row, column, cell }) =>
    (cell?.seeds ?? [])
      .filter(({ state }) => state === "failed")
      .map(({ seed, message }) => `* ${row.name}, ${column}, seed ${seed} failed: ${inCell(message ?? "no message was kept")}`),
  );
  return `${[
    `# ${title}`,
    "",
    ...summaryLines(reports),
    ...(source === "" ? [] : [`Published numbers: ${source}.`]),
    `Ratios are to the respective reference (${referenceName}); ± is the standard deviation between seeds (n − 1).`,
    "",
    ...rows.map((row) => `* ${row.name}: ${referenceText(row, referenceName, decimalsFor(row))}`),
    "",
    ...markdownTable(
      fullHeader,
      reports.filter(({ cell }) => cell !== undefined).map((report) => cellRow(report, decimalsFor(report.row))),
      2,
    ),
    ...(aggregates.length === 0
      ? []
      : ["", "Interquartile mean of the ratios, last iterate:", "", ...markdownTable(["agent", "IQM", "95 % interval", "rows", "runs"], aggregates.map(aggregateRow))]),
    ...(failures.length === 0 ? [] : ["", ...failures]),
  ].join("\n")}\n`;
}

function compactCell({ cell, finished, last, publishedRatio, missing }: CellReport): string {
  if (cell === undefined) return "not in the suite";
  const seeds = finished.length > 1 ? ` ×${finished.length}` : "";
  // To wait is to be not run yet; records alone know of nothing else.
  const trouble = missing.filter((one) => !one.endsWith(" waiting"));
  const ours = last === undefined ? "" : last.ratio === undefined ? "no ratio" : `**${formatRatio(last.ratio)}**${seeds}`;
  const both = [ours, ...(trouble.length === 0 ? [] : [last === undefined ? trouble.join(", ") : `(${trouble.join(", ")})`])];
  return `${both.filter((text) => text !== "").join(" ") || "not run"} / ${ratio(publishedRatio)}`;
}

/** Ratios at a glance: ours beside the published ones, of the columns that have results. */
export function renderCompact(table: ResultTable): string {
  const { name, title, source, rows, referenceName } = table;
  // a column that is the reference stands before the others anyway
  const columns = table.columns.filter((column) => column !== referenceName);
  const reports = reportCells(table).filter(({ column }) => columns.includes(column));
  const hasResults = (column: string): boolean => reports.some((report) => report.column === column && report.finished.length > 0);
  const shown = columns.filter(hasResults);
  const left = columns.filter((column) => !hasResults(column));
  const referenceOf = ({ reference: { measured, published } }: TableRow, decimals: number): string =>
    [measured, published].map((one) => (one === undefined ? "–" : returnText({ mean: one.mean }, decimals))).join(" / ");
  const results = reports.filter(({ finished }) => finished.length > 0).length;
  const cells = reports.filter(({ column, cell }) => cell !== undefined && shown.includes(column)).length;
  const notes = [
    `${title} (${name}): ours / ${source === "" ? "published" : `published (${source})`}, each relative to its own ${referenceName}; last iterate, mean over seeds (×3: of three).`,
    `${results} of ${counted(cells, "cell")} ${results === 1 ? "has" : "have"} results.`,
    ...(left.length === 0 ? [] : [`Without any: ${left.join(", ")}.`]),
  ];
  const body = rows.map((row) => {
    const ofRow = reports.filter((report) => report.row === row);
    return [row.name, referenceOf(row, decimalsOf(row, ofRow)), ...ofRow.filter(({ column }) => shown.includes(column)).map(compactCell)];
  });
  return [notes.join(" "), "", ...markdownTable(["", referenceName, ...shown], body)].join("\n");
}
