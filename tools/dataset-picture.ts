import type { Coverage, DatasetSummary } from "../datasets/index.ts";
import { formatCount } from "./progress.ts";
import { svgText } from "./report/axes.ts";
import { across, at, heading, horizontalAxis, upwards, verticalAxis, type Plot } from "./report/plot.ts";

/** What a dataset's picture shows. */
export interface DatasetPicture {
  readonly title: string;
  readonly summary: DatasetSummary;
  /** In the order of the file. */
  readonly returns: Float64Array;
  readonly lengths: Float64Array;
  readonly coverage: Coverage;
}

const picture = { width: 960, height: 700 };
const upper = { top: 96, bottom: 340 };
const lower = { top: 416, bottom: 640 };

/** More episodes than this are drawn as ranges and means of neighbours. */
const mostDots = 600;
const histogramBars = 40;
/** Pixels of a cell of the density. */
const cell = 4;
const densityLevels = 8;

/** Not by spreading: arrays may be longer than a call's arguments can be. */
function extent(values: Float64Array): [low: number, high: number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

/** Limits a little beyond the values; of some width even where all are equal. */
function limitsOf(values: Float64Array): [low: number, high: number] {
  const [low, high] = extent(values);
  const room = high > low ? 0.04 * (high - low) : Math.max(1, 0.04 * Math.abs(high));
  return [low - room, high + room];
}

/** How many values lie in each of `parts` equal parts of a range; what lies outside counts at its ends. */
export function histogram(
  values: Float64Array,
  [low, high]: readonly [number, number],
  parts: number,
): number[] {
  const counts = new Array<number>(parts).fill(0);
  for (const value of values) {
    const part = Math.floor(((value - low) / (high - low)) * parts);
    counts[Math.max(0, Math.min(parts - 1, part))]++;
  }
  return counts;
}

function drawReturns(returns: Float64Array, limits: readonly [number, number]): string {
  const plot: Plot = { ...upper, left: 72, right: 700, x: [0, returns.length], y: limits };
  const axes = [verticalAxis(plot), horizontalAxis(plot, "episode, in the order of the file")];
  if (returns.length <= mostDots) {
    const dots = Array.from(returns, (value, i) => `M${at(plot, i + 0.5, value)}h0`);
    return [
      heading(plot, "Return of each episode"),
      ...axes,
      `<path class="dots" d="${dots.join("")}"/>`,
    ].join("\n");
  }
  const columns = mostDots / 3;
  const groups = Array.from({ length: columns }, (_, i) => {
    const [from, to] = [i, i + 1].map((part) => Math.floor((part * returns.length) / columns));
    const values = returns.subarray(from, to);
    const [low, high] = extent(values);
    return { middle: (from + to) / 2, low, high, mean: values.reduce((a, b) => a + b, 0) / values.length };
  });
  const outline = [
    ...groups.map(({ middle, high }) => at(plot, middle, high)),
    ...groups.map(({ middle, low }) => at(plot, middle, low)).reverse(),
  ];
  return [
    heading(plot, "Return of each episode: smallest, mean and largest of neighbours"),
    ...axes,
    `<path class="band" d="M${outline.join("L")}Z"/>`,
    `<path class="line" d="M${groups.map(({ middle, mean }) => at(plot, middle, mean)).join("L")}"/>`,
  ].join("\n");
}

/** Beside the returns, on the same axis. */
function drawReturnHistogram(returns: Float64Array, limits: readonly [number, number]): string {
  const counts = histogram(returns, limits, histogramBars);
  const plot: Plot = {
    ...upper,
    left: 716,
    right: 936,
    x: [0, Math.max(...counts)],
    y: [0, histogramBars],
  };
  const bars = counts.flatMap((count, i) =>
    count === 0
      ? []
      : [
          `M${at(plot, 0, i + 0.95)}H${across(plot, count).toFixed(1)}V${upwards(plot, i + 0.05).toFixed(1)}H${plot.left}Z`,
        ],
  );
  return [
    heading(plot, "How many have it"),
    horizontalAxis(plot, "episodes", 3),
    `<path class="bars" d="${bars.join("")}"/>`,
  ].join("\n");
}

function drawLengths(lengths: Float64Array): string {
  const longest = extent(lengths)[1];
  const range: [number, number] = [0, longest + 1];
  const counts = histogram(lengths, range, histogramBars);
  const plot: Plot = { ...lower, left: 72, right: 452, x: range, y: [0, 1.04 * Math.max(...counts)] };
  const width = range[1] / histogramBars;
  const bars = counts.flatMap((count, i) =>
    count === 0
      ? []
      : [
          `M${at(plot, (i + 0.05) * width, 0)}V${upwards(plot, count).toFixed(1)}` +
            `H${across(plot, (i + 0.95) * width).toFixed(1)}V${plot.bottom}Z`,
        ],
  );
  return [
    heading(plot, "Lengths of the episodes: how many"),
    verticalAxis(plot),
    horizontalAxis(plot, "steps"),
    `<path class="bars" d="${bars.join("")}"/>`,
  ].join("\n");
}

/** The range without the outermost thousandths, which would leave the rest no room. */
function middleOf(values: Float64Array): [low: number, high: number] {
  const sorted = values.slice().sort();
  const cut = Math.floor(sorted.length / 1000);
  return limitsOf(sorted.subarray(cut, sorted.length - cut));
}

/** Shades cells by the logarithm of how many states lie in them. */
function drawCoverage({ x, y, share }: Coverage): string {
  const plot: Plot = { ...lower, left: 540, right: 936, x: middleOf(x), y: middleOf(y) };
  const columns = (plot.right - plot.left) / cell;
  const rows = (plot.bottom - plot.top) / cell;
  const counts = new Float64Array(columns * rows);
  for (let i = 0; i < x.length; i++) {
    const column = Math.floor((across(plot, x[i]) - plot.left) / cell);
    const row = Math.floor((upwards(plot, y[i]) - plot.top) / cell);
    if (column >= 0 && column < columns && row >= 0 && row < rows) counts[row * columns + column]++;
  }
  const most = Math.log1p(extent(counts)[1]);
  const levels = Array.from({ length: densityLevels }, () => "");
  counts.forEach((count, i) => {
    if (count === 0) return;
    const level = Math.min(densityLevels - 1, Math.floor((Math.log1p(count) / most) * densityLevels));
    const [left, top] = [plot.left + (i % columns) * cell, plot.top + Math.floor(i / columns) * cell];
    levels[level] += `M${left} ${top}h${cell}v${cell}h-${cell}z`;
  });
  const percent = (part: number): string => `${Math.round(100 * part)} % of the variance`;
  const middle = (plot.top + plot.bottom) / 2;
  return [
    heading(plot, "States visited, on two principal axes of the observations"),
    verticalAxis(plot),
    horizontalAxis(plot, `first axis: ${percent(share[0])}`),
    `<text transform="translate(${plot.left - 42} ${middle}) rotate(-90)" text-anchor="middle">second: ${percent(share[1])}</text>`,
    ...levels.map(
      (cells, i) =>
        `<path class="bars" fill-opacity="${((i + 1) / densityLevels).toFixed(2)}" d="${cells}"/>`,
    ),
  ].join("\n");
}

function subtitle({
  environment,
  transitions,
  episodes,
  returns,
  normalizedScore,
  referenceScores,
}: DatasetSummary) {
  const score =
    normalizedScore === null || referenceScores === null
      ? []
      : [`${(100 * normalizedScore).toFixed(1)} on ${referenceScores.source}'s scale`];
  return [
    environment ?? "environment not recorded",
    `${formatCount(transitions)} transitions in ${formatCount(episodes)} episodes`,
    [`mean return ${returns.mean.toFixed(1)}`, ...score].join(", "),
  ].join(" · ");
}

/** Returns, lengths and visited states of a dataset as SVG, for light and for dark pages. */
export function drawDataset({ title, summary, returns, lengths, coverage }: DatasetPicture): string {
  const limits = limitsOf(returns);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${picture.width} ${picture.height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; } text { fill: #333; } .grid { stroke: #ddd; }
  .dots { stroke: #0072b2; stroke-width: 5; stroke-linecap: round; stroke-opacity: 0.6; }
  .bars, .band { fill: #0072b2; } .band { fill-opacity: 0.3; }
  .line { fill: none; stroke: #0072b2; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; } text { fill: #d8dbe2; } .grid { stroke: #333842; }
    .dots, .line { stroke: #56b4e9; } .bars, .band { fill: #56b4e9; }
  }
</style>
${svgText([24, 34], title, 'font-size="18" font-weight="600"')}
${svgText([24, 56], subtitle(summary))}
${drawReturns(returns, limits)}
${drawReturnHistogram(returns, limits)}
${drawLengths(lengths)}
${drawCoverage(coverage)}
</svg>
`;
}
