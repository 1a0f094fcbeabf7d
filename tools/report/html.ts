import type { ResultTable } from "../benchmark/table.ts";
import { reportCells } from "./cells.ts";
import { curveStyle } from "./curves.ts";
import { html, raw, type Markup } from "./markup.ts";
import { curveSection } from "./page-curves.ts";
import { improvementSection, ratioSection } from "./page-matrix.ts";
import { numbersSection } from "./page-numbers.ts";
import { runSection } from "./page-runs.ts";
import { stripSection } from "./page-strips.ts";
import { pageScript, pageStyle } from "./page-style.ts";
import { summarySection } from "./page-summary.ts";

/** Nothing is loaded from anywhere; the page's own style and script stand in it. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const statistics: readonly (readonly [term: string, meaning: string])[] = [
  ["Ratio", "A mean return divided by that of the row's reference: ours by our own reference, the published one by its own."],
  ["±", "Standard deviation between seeds, divided by n − 1. Of published numbers it is whatever their source says; the thesis does not say how it is divided."],
  [
    "IQM",
    "Interquartile mean: the mean of the middle half of all runs of all rows, by their ratios; a quarter (rounded down) is cut at either end. Each run counts once, so that rows with more seeds weigh more.",
  ],
  [
    "95 % interval",
    "Percentile bootstrap: the runs of each row are drawn anew from that row's own, with replacement, and the statistic computed of each draw. With three seeds the interval of a mean is their range. With one there is none. It says nothing of how far another row, or another demonstration, would differ.",
  ],
  ["Probability of improvement", "The share of pairs of runs (one of each agent, in the same row) that the first wins, a tie being half a win; averaged over rows."],
];

function footer(): Markup {
  return html`<h2>How to read this</h2>
<dl>${statistics.map(([term, meaning]) => html`<dt>${term}</dt><dd>${meaning}</dd>`)}</dl>
<p class="small faint">Interquartile mean, stratified bootstrap and probability of improvement: Agarwal, Schwarzer, Castro, Courville and Bellemare,
Deep Reinforcement Learning at the Edge of the Statistical Precipice, NeurIPS 2021.</p>`;
}

/** A table as one page that needs nothing else: the same table gives the same page. */
export function renderHtml(table: ResultTable): string {
  const reports = reportCells(table);
  const { name, title, source } = table;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(pageStyle)}${raw(curveStyle)}</style>
</head>
<body>
<header><h1>${title}</h1>
<p class="faint">${name}${source === "" ? undefined : html` · published numbers: ${source}`}</p></header>
<main>
${summarySection(table, reports)}
${ratioSection(table, reports)}
${stripSection(table, reports)}
${numbersSection(table, reports)}
${improvementSection(table, reports)}
${curveSection(table, reports)}
${runSection(reports)}
${footer()}
</main>
<script>${raw(pageScript)}</script>
</body>
</html>
`;
  return page.markup;
}
