import { colours, svgText, tickLabel, ticks } from "./axes.ts";
import type { CurvePoint } from "./records.ts";

export interface CurveGroup {
  readonly name: string;
  /** One curve per seed. */
  readonly curves: readonly (readonly CurvePoint[])[];
}

/** What was measured in one environment. */
export interface CurvePanel {
  readonly title: string;
  readonly groups: readonly CurveGroup[];
  /** A dashed line at the expert's return. */
  readonly expertReturn?: number;
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
/** The mean over seeds at each measurement that all seeds have. */
function meanCurve(curves: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const shared = Math.min(...curves.map((curve) => curve.length));
  return Array.from({ length: shared }, (_, k) => ({
    steps: curves[0][k].steps,
    evaluationReturn: curves.reduce((sum, curve) => sum + curve[k].evaluationReturn, 0) / curves.length,
  }));
}

/** A thin line per seed, a thick one for their mean. The axis of returns begins at 0, or at the lowest return below it. */
function drawPanel({ title, groups, expertReturn, unit = "environment steps (all counted)" }: CurvePanel, frame: Frame, withLegend: boolean): string {
  const points = groups.flatMap(({ curves }) => curves.flat());
  const lastStep = Math.max(...points.map((point) => point.steps));
  const returns = [expertReturn ?? 0, ...points.map((point) => point.evaluationReturn)];
  const [lowest, highest] = [1.05 * Math.min(0, ...returns), 1.05 * Math.max(0, ...returns)];
  const left = frame.left + margin.left;
  const right = frame.left + frame.width - margin.right;
  const top = frame.top + margin.top;
  const bottom = frame.top + frame.height - margin.bottom;
  const x = (steps: number): number => left + (steps / lastStep) * (right - left);
  const y = (value: number): number => bottom - ((value - lowest) / (highest - lowest)) * (bottom - top);
  const path = (curve: readonly CurvePoint[]): string =>
    curve.map((p, i) => `${i === 0 ? "M" : "L"}${x(p.steps).toFixed(1)} ${y(p.evaluationReturn).toFixed(1)}`).join("");

  const grid = [
    ...ticks(lowest, highest).map(
      (value) =>
        `<path class="grid" d="M${left} ${y(value).toFixed(1)}H${right}"/>` +
        svgText([left - 8, y(value) + 4], tickLabel(value), 'text-anchor="end"'),
    ),
    ...ticks(0, lastStep).map((steps) => svgText([x(steps), bottom + 18], tickLabel(steps), 'text-anchor="middle"')),
  ];
  const expert =
    expertReturn === undefined
      ? []
      : [
          `<path class="expert" d="M${left} ${y(expertReturn).toFixed(1)}H${right}"/>`,
          svgText([right, y(expertReturn) - 6], `expert ${expertReturn.toFixed(0)}`, 'text-anchor="end"'),
        ];
  const lines = groups.flatMap(({ name, curves }, i) => {
    const colour = colours[i % colours.length];
    // low and to the right, where learning curves seldom are
    const legend = [left + 0.5 * (right - left), bottom - 18 * (groups.length - i)] as const;
    return [
      ...curves.map((curve) => `<path class="seed" stroke="${colour}" d="${path(curve)}"/>`),
      `<path class="mean" stroke="${colour}" d="${path(meanCurve(curves))}"/>`,
      ...(withLegend
        ? [
            `<path class="mean" stroke="${colour}" d="M${legend[0]} ${legend[1]}h22"/>`,
            svgText([legend[0] + 30, legend[1] + 4], `${name} (${curves.length === 1 ? "1 seed" : `${curves.length} seeds and mean`})`),
          ]
        : []),
    ];
  });
  const middle = (top + bottom) / 2;
  return [
    svgText([left, frame.top + 24], title, 'font-size="15" font-weight="600"'),
    ...grid,
    ...expert,
    ...lines,
    svgText([(left + right) / 2, frame.top + frame.height - 12], unit, 'text-anchor="middle"'),
    `<text transform="translate(${frame.left + 16} ${middle}) rotate(-90)" text-anchor="middle">true return, mean action</text>`,
  ].join("\n");
}

/** Learning curves as SVG, a panel per environment. */
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
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * size.width} ${rows * size.height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; } text { fill: #333; }
  .grid { stroke: #ddd; } .expert { stroke: #333; stroke-dasharray: 6 4; }
  .seed { fill: none; stroke-opacity: 0.35; } .mean { fill: none; stroke-width: 2.5; }
</style>
${drawn.join("\n")}
</svg>
`;
}
