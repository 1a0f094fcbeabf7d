import { createRandom } from "../../src/random/index.ts";
import { bootstrapInterval, mean, type Interval } from "../../src/statistics/index.ts";
import { colours, dashes, svgText, tickLabel, ticks } from "./axes.ts";
import { across, at, upwards, verticalAxis, type Plot } from "./plot.ts";
import type { CurvePoint } from "./records.ts";

type Curve = readonly CurvePoint[];

export interface CurveGroup {
  readonly name: string;
  /** One curve per finished seed. */
  readonly curves: readonly Curve[];
  /** Of runs that have not finished: drawn, but part of no mean. */
  readonly unfinished?: readonly Curve[];
  /** The number of its colour; by default its place among the groups. */
  readonly colour?: number;
}

/** What was measured in one environment. */
export interface CurvePanel {
  readonly title: string;
  readonly groups: readonly CurveGroup[];
  /** A dashed line at the expert's return. */
  readonly expertReturn?: number;
  /** What the expert is; by default `expert`. */
  readonly expertName?: string;
  /** What a point's steps are; by default environment steps. */
  readonly unit?: string;
}

/** Where a panel is drawn, in pixels. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const margin = { left: 64, right: 20, top: 44, bottom: 52 };
const alone = { width: 720, height: 400 };
const amongOthers = { width: 400, height: 280 };
const COLUMNS = 3;
/** With fewer seeds an interval says less than their lines. */
const SEEDS_FOR_BAND = 3;
/** An interval at each of a hundred points is worth less effort than one in a table. */
const RESAMPLES = 1000;

const perSeries = (palette: readonly string[]): string =>
  palette.map((colour, i) => `.series-${i} { --series: ${colour}; }`).join(" ");

/** How curves look, on light and on dark pages; within a `.curves`, so that other pictures of a page keep their looks. */
export const curveStyle = `
  .curves { background: #fff; font-family: system-ui, sans-serif; font-size: 12px; } .curves text { fill: #333; }
  .curves .grid { stroke: #ddd; } .curves .expert { stroke: #333; stroke-dasharray: 6 4; }
  .curves path { stroke: var(--series); } .curves .band { fill: var(--series); fill-opacity: 0.17; stroke: none; }
  .curves .seed, .curves .unfinished { fill: none; stroke-opacity: 0.45; }
  .curves .unfinished { stroke-opacity: 0.85; stroke-width: 1.3; stroke-dasharray: 2 2.5; }
  .curves .mean { fill: none; stroke-width: 2.2; } .curves .dot { stroke-width: 7; stroke-linecap: round; }
  ${dashes.map((dash, i) => `.curves .series-${i} .mean { stroke-dasharray: ${dash}; }`).join(" ")}
  ${perSeries(colours.light)}
  @media screen and (prefers-color-scheme: dark) {
    .curves { background: #16181d; } .curves text { fill: #d8dbe2; }
    .curves .grid { stroke: #333842; } .curves .expert { stroke: #d8dbe2; }
    ${perSeries(colours.dark)}
  }
`;

interface Band extends Interval {
  readonly steps: number;
}

/** A group at each measurement that all its seeds have. */
function shared(curves: readonly Curve[]): { readonly steps: number; readonly returns: number[] }[] {
  const [first = [], ...others] = curves.map((curve) => new Map(curve.map((point) => [point.steps, point.evaluationReturn])));
  return [...first].flatMap(([steps, value]) => {
    const returns = [value, ...others.flatMap((other) => other.get(steps) ?? [])];
    return returns.length === curves.length ? [{ steps, returns }] : [];
  });
}

const meanCurve = (curves: readonly Curve[]): CurvePoint[] =>
  shared(curves).map(({ steps, returns }) => ({ steps, evaluationReturn: mean(returns) }));

/** 95 % bootstrap intervals of the mean, point by point. */
function bandOf(curves: readonly Curve[]): Band[] {
  const random = createRandom(2021);
  return shared(curves).flatMap(({ steps, returns }) => {
    const interval = bootstrapInterval([returns], ([runs]) => mean(runs), random, { resamples: RESAMPLES });
    return interval === undefined ? [] : [{ steps, ...interval }];
  });
}

const line = (plot: Plot, points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${at(plot, x, y)}`).join("");

function drawCurve(plot: Plot, kind: string, curve: Curve): string {
  const points = curve.map(({ steps, evaluationReturn }) => [steps, evaluationReturn] as const);
  if (points.length === 0) return "";
  return points.length === 1
    ? `<path class="dot" d="M${at(plot, ...points[0])}h0"/>`
    : `<path class="${kind}" d="${line(plot, points)}"/>`;
}

function drawGroup(plot: Plot, { curves, unfinished = [] }: CurveGroup): string {
  const banded = curves.length >= SEEDS_FOR_BAND;
  const band = banded ? bandOf(curves) : [];
  const outline = [
    ...band.map(({ steps, high }) => [steps, high] as const),
    ...band.map(({ steps, low }) => [steps, low] as const).reverse(),
  ];
  return [
    ...(band.length > 1 ? [`<path class="band" d="${line(plot, outline)}Z"/>`] : []),
    ...(banded ? [] : curves.map((curve) => drawCurve(plot, "seed", curve))),
    ...unfinished.map((curve) => drawCurve(plot, "unfinished", curve)),
    ...(curves.length === 0 ? [] : [drawCurve(plot, "mean", meanCurve(curves))]),
  ].join("");
}

/** What the line of a group is made of. */
export function describeGroup({ curves, unfinished = [] }: CurveGroup): string {
  const many = curves.length;
  const finished =
    many === 0
      ? []
      : [many >= SEEDS_FOR_BAND ? `mean of ${many} seeds, 95 % interval` : many === 1 ? "1 seed" : `${many} seeds and mean`];
  return [...finished, ...(unfinished.length === 0 ? [] : [`${unfinished.length} unfinished`])].join(", ");
}

/** Of the legend's letters, on average and a little more. */
const CHARACTER_WIDTH = 6.3;

const LEGEND_LINE = 18;

/** How far apart a curve is looked at, in pixels. */
const LOOK_EVERY = 4;

/** Where the legend's first line begins: low and to the right, where learning curves seldom are, or the place that hides least of them. */
function legendPlace(plot: Plot, labels: readonly string[], curves: readonly Curve[], expertReturn: number | undefined): { x: number; y: number } {
  const { left, right, top, bottom } = plot;
  const width = 30 + CHARACTER_WIDTH * Math.max(...labels.map(({ length }) => length));
  const height = LEGEND_LINE * labels.length;
  // farther left where a label would not end in time
  const aside = Math.max(left, Math.min(left + 0.45 * (right - left), right - width));
  const lowest = bottom - height;
  const rows = Array.from({ length: Math.max(0, Math.floor((lowest - top) / LEGEND_LINE)) }, (_, i) => top + LEGEND_LINE * (i + 1));
  const places = [lowest, ...rows].flatMap((y) => [aside, left + 10].map((x) => ({ x, y })));
  const drawn = expertReturn === undefined ? curves : [...curves, plot.x.map((steps) => ({ steps, evaluationReturn: expertReturn }))];
  const seen = drawn.flatMap((curve) =>
    curve.slice(1).flatMap(({ steps, evaluationReturn }, i) => {
      const [x0, y0] = [across(plot, curve[i].steps), upwards(plot, curve[i].evaluationReturn)];
      const [dx, dy] = [across(plot, steps) - x0, upwards(plot, evaluationReturn) - y0];
      const count = Math.ceil(Math.hypot(dx, dy) / LOOK_EVERY);
      return Array.from({ length: count }, (_, k) => [x0 + (dx * k) / count, y0 + (dy * k) / count] as const);
    }),
  );
  const hidden = places.map(
    ({ x, y }) => seen.filter(([px, py]) => px >= x && px <= x + width && py >= y - LEGEND_LINE / 2 && py <= y + height - LEGEND_LINE / 2).length,
  );
  return places[hidden.indexOf(Math.min(...hidden))];
}

/** The axis of returns begins at 0, or at the lowest return below it. */
function drawPanel(panel: CurvePanel, frame: Frame, withLegend: boolean): string {
  const { title, groups, expertReturn, expertName = "expert", unit = "environment steps (all counted)" } = panel;
  const points = groups.flatMap(({ curves, unfinished = [] }) => [...curves, ...unfinished].flat());
  const lastStep = Math.max(1, ...points.map((point) => point.steps));
  const returns = [expertReturn ?? 0, ...points.map((point) => point.evaluationReturn)];
  const [lowest, highest] = [1.05 * Math.min(0, ...returns), 1.05 * Math.max(0, ...returns)];
  const plot: Plot = {
    left: frame.left + margin.left,
    right: frame.left + frame.width - margin.right,
    top: frame.top + margin.top,
    bottom: frame.top + frame.height - margin.bottom,
    x: [0, lastStep],
    y: [lowest, highest > lowest ? highest : lowest + 1],
  };
  const { left, right, top, bottom } = plot;
  const expert =
    expertReturn === undefined
      ? []
      : [
          `<path class="expert" d="M${at(plot, 0, expertReturn)}H${right}"/>`,
          svgText([right, upwards(plot, expertReturn) - 6], `${expertName} ${expertReturn.toFixed(0)}`, 'text-anchor="end"'),
        ];
  const labels = groups.map((group) => `${group.name} (${describeGroup(group)})`);
  const { x, y: first } = legendPlace(plot, labels, groups.flatMap(({ curves, unfinished = [] }) => [...curves, ...unfinished]), expertReturn);
  const lines = groups.map((group, i) => {
    const y = first + LEGEND_LINE * i;
    const legend = withLegend ? `<path class="mean" d="M${x} ${y}h22"/>${svgText([x + 30, y + 4], labels[i])}` : "";
    return `<g class="series-${(group.colour ?? i) % colours.light.length}">${drawGroup(plot, group)}${legend}</g>`;
  });
  return [
    svgText([left, frame.top + 24], title, 'font-size="15" font-weight="600"'),
    verticalAxis(plot),
    ...ticks(0, lastStep).map((steps) => svgText([across(plot, steps), bottom + 18], tickLabel(steps), 'text-anchor="middle"')),
    ...lines,
    ...expert,
    svgText([(left + right) / 2, frame.top + frame.height - 12], unit, 'text-anchor="middle"'),
    `<text transform="translate(${frame.left + 16} ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">true return, mean action</text>`,
  ].join("\n");
}

const svg = (width: number, height: number, content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 ${width} ${height}">\n${content}\n</svg>\n`;

/** One panel for a page that has `curveStyle` and names the groups itself. */
export function drawCurvePanel(panel: CurvePanel): string {
  const { width, height } = amongOthers;
  return svg(width, height, drawPanel(panel, { left: 0, top: 0, width, height }, false));
}

/** Learning curves as a file of their own, a panel per environment. */
export function drawCurves(panels: readonly CurvePanel[]): string {
  const size = panels.length === 1 ? alone : amongOthers;
  const columns = Math.min(COLUMNS, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const groups = new Set(panels.flatMap((panel) => panel.groups.map(({ name, curves }) => `${name} ${curves.length}`)));
  const drawn = panels.map((panel, i) => {
    const frame = { left: (i % columns) * size.width, top: Math.floor(i / columns) * size.height, ...size };
    // where all panels show the same, their titles say it
    return drawPanel(panel, frame, panels.length === 1 || groups.size > 1);
  });
  return svg(columns * size.width, rows * size.height, `<style>${curveStyle}</style>\n${drawn.join("\n")}`);
}
