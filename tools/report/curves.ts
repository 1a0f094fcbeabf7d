import type { CurvePoint } from "./records.ts";

export interface CurveGroup {
  readonly name: string;
  /** One curve per seed. */
  readonly curves: readonly (readonly CurvePoint[])[];
}

export interface CurvePlot {
  readonly title: string;
  readonly groups: readonly CurveGroup[];
  /** A dashed line at the expert's return. */
  readonly expertReturn?: number;
}

const size = { width: 720, height: 400, left: 64, right: 20, top: 44, bottom: 52 };
/** Distinguishable with any colour vision (Okabe and Ito). */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/** A round step that cuts a range into about five. */
function tickStep(range: number): number {
  const rough = range / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

const ticks = (limit: number): number[] => {
  const step = tickStep(limit);
  return Array.from({ length: Math.floor(limit / step + 1e-9) + 1 }, (_, i) => i * step);
};

const label = (value: number): string => (value >= 1000 ? `${value / 1000}k` : `${value}`);
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Learning curves as SVG: a thin line per seed, a thick one for the mean over seeds at each measurement. */
export function drawCurves({ title, groups, expertReturn }: CurvePlot): string {
  const points = groups.flatMap(({ curves }) => curves.flat());
  const lastStep = Math.max(...points.map((point) => point.environmentSteps));
  const highest = 1.05 * Math.max(expertReturn ?? 0, ...points.map((point) => point.evaluationReturn));
  const { width, height, left, right, top, bottom } = size;
  const x = (steps: number): number => left + (steps / lastStep) * (width - left - right);
  const y = (value: number): number => height - bottom - (Math.max(0, value) / highest) * (height - top - bottom);
  const path = (curve: readonly CurvePoint[]): string =>
    curve.map((p, i) => `${i === 0 ? "M" : "L"}${x(p.environmentSteps).toFixed(1)} ${y(p.evaluationReturn).toFixed(1)}`).join("");
  const text = (at: [number, number], content: string, attributes = ""): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${attributes}>${escape(content)}</text>`;

  const grid = [
    ...ticks(highest).map(
      (value) =>
        `<path class="grid" d="M${left} ${y(value).toFixed(1)}H${width - right}"/>` +
        text([left - 8, y(value) + 4], label(value), 'text-anchor="end"'),
    ),
    ...ticks(lastStep).map((steps) => text([x(steps), height - bottom + 18], label(steps), 'text-anchor="middle"')),
  ];
  const expert =
    expertReturn === undefined
      ? []
      : [
          `<path class="expert" d="M${left} ${y(expertReturn).toFixed(1)}H${width - right}"/>`,
          text([width - right, y(expertReturn) - 6], `expert ${expertReturn.toFixed(0)}`, 'text-anchor="end"'),
        ];
  const lines = groups.flatMap(({ name, curves }, i) => {
    const colour = colours[i % colours.length];
    const shared = Math.min(...curves.map((curve) => curve.length));
    const mean = Array.from({ length: shared }, (_, k) => ({
      environmentSteps: curves[0][k].environmentSteps,
      evaluationReturn: curves.reduce((sum, curve) => sum + curve[k].evaluationReturn, 0) / curves.length,
    }));
    // low and to the right, where learning curves seldom are
    const legend = [left + 0.5 * (width - left - right), height - bottom - 18 * (groups.length - i)] as const;
    return [
      ...curves.map((curve) => `<path class="seed" stroke="${colour}" d="${path(curve)}"/>`),
      `<path class="mean" stroke="${colour}" d="${path(mean)}"/>`,
      `<path class="mean" stroke="${colour}" d="M${legend[0]} ${legend[1]}h22"/>`,
      text([legend[0] + 30, legend[1] + 4], `${name} (${curves.length} ${curves.length === 1 ? "seed" : "seeds"} and mean)`),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; } text { fill: #333; }
  .grid { stroke: #ddd; } .expert { stroke: #333; stroke-dasharray: 6 4; }
  .seed { fill: none; stroke-opacity: 0.35; } .mean { fill: none; stroke-width: 2.5; }
</style>
${text([left, 24], title, 'font-size="15" font-weight="600"')}
${[...grid, ...expert, ...lines].join("\n")}
${text([(left + width - right) / 2, height - 12], "environment steps (all counted)", 'text-anchor="middle"')}
<text transform="translate(16 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">true return, mean action</text>
</svg>
`;
}
