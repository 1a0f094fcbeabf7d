import type { ErrorCurve } from "../agents/world-model/open-loop.ts";
import type { ModelReport } from "../agents/world-model/report.ts";
import { svgText } from "./report/axes.ts";
import { across, at, heading, horizontalAxis, upwards, verticalAxis, type Plot } from "./report/plot.ts";

/** What a world model's picture shows. */
export interface ModelPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly report: Pick<ModelReport, "openLoop" | "calibration">;
}

const picture = { width: 1140, height: 400 };
const rows = { top: 100, bottom: 330 };

/** The level whose coverage is drawn by component. */
const DRAWN_LEVEL = 0.9;

const lineOf = (plot: Plot, points: readonly (readonly [x: number, y: number])[]): string =>
  `M${points.map(([x, y]) => at(plot, x, y)).join("L")}`;

/** Names of lines, in the panel's upper left. */
function legend({ left, top }: Plot, names: readonly (readonly [kind: string, name: string])[]): string {
  return names
    .map(([kind, name], i) => {
      const y = top + 12 + 18 * i;
      return `<path class="${kind}" d="M${left + 10} ${y}h22"/>${svgText([left + 40, y + 4], name)}`;
    })
    .join("\n");
}

function drawOpenLoop({ sampled, mean, unchanged, counts }: ModelReport["openLoop"]): string {
  const most = Math.max(...sampled.median, ...mean.median, ...unchanged.median);
  // a band that rises far above all medians would leave these no room; the rest of the height is the legend's
  const limit = 1.3 * Math.max(most, Math.min(2 * most, ...sampled.high.slice(-1))) || 1;
  const plot: Plot = { ...rows, left: 64, right: 400, x: [0, counts.length], y: [0, limit] };
  const points = (values: readonly number[]) =>
    values.map((value, i) => [i + 1, Math.min(value, limit)] as const);
  const median = (kind: string, curve: ErrorCurve): string =>
    `<path class="${kind}" d="${lineOf(plot, points(curve.median))}"/>`;
  return [
    heading(plot, "Error after k steps of recorded actions"),
    verticalAxis(plot),
    horizontalAxis(plot, "k"),
    `<path class="band" d="${lineOf(plot, [...points(sampled.high), ...points(sampled.low).reverse()])}Z"/>`,
    median("baseline", unchanged),
    median("dashed", mean),
    median("line", sampled),
    legend(plot, [
      ["line", "sampled: median, 10 to 90 %"],
      ["dashed", "most likely: median"],
      ["baseline", "nothing changes: median"],
    ]),
    `<text transform="translate(${plot.left - 44} ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">standard deviations (RMS)</text>`,
  ].join("\n");
}

function drawCalibration({ levels, coverage, single }: ModelReport["calibration"]): string {
  const plot: Plot = { ...rows, left: 490, right: 720, x: [0, 100], y: [0, 100] };
  const pointsOf = (shares: readonly number[]) => levels.map((level, i) => [100 * level, 100 * shares[i]] as const);
  const points = pointsOf(coverage);
  const dots = points.map(([x, y]) => `M${at(plot, x, y)}h0`);
  return [
    heading(plot, "Calibration of single steps"),
    verticalAxis(plot),
    horizontalAxis(plot, "central interval, %"),
    `<path class="ideal" d="${lineOf(plot, [[0, 0], [100, 100]])}"/>`,
    `<path class="dashed" d="${lineOf(plot, pointsOf(single))}"/>`,
    `<path class="line" d="${lineOf(plot, points)}"/>`,
    `<path class="dots" d="${dots.join("")}"/>`,
    legend(plot, [
      ["line", "mixture of elites"],
      ["dashed", "one elite"],
    ]),
    `<text transform="translate(${plot.left - 44} ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">next states inside, %</text>`,
  ].join("\n");
}

function drawComponents({ levels, components }: ModelReport["calibration"]): string {
  const count = components.length;
  const plot: Plot = { ...rows, left: 800, right: 1116, x: [-0.5, count - 0.5], y: [0, 100] };
  const level = levels.indexOf(DRAWN_LEVEL);
  const bars = components.map((coverage, j) => {
    const height = upwards(plot, 100 * coverage[level]).toFixed(1);
    return `M${at(plot, j - 0.4, 0)}V${height}H${across(plot, j + 0.4).toFixed(1)}V${plot.bottom}Z`;
  });
  return [
    heading(plot, `Within the ${100 * DRAWN_LEVEL} % interval, by component`),
    verticalAxis(plot),
    horizontalAxis(plot, "component of the observation", Math.min(8, count)),
    `<path class="bars" d="${bars.join("")}"/>`,
    `<path class="ideal" d="${lineOf(plot, [[-0.5, 100 * DRAWN_LEVEL], [count - 0.5, 100 * DRAWN_LEVEL]])}"/>`,
  ].join("\n");
}

/** Open-loop errors and calibration of a world model as SVG, for light and for dark pages. */
export function drawModel({ title, subtitle, report }: ModelPicture): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${picture.width} ${picture.height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; } text { fill: #333; } .grid { stroke: #ddd; }
  .dots { stroke: #0072b2; stroke-width: 6; stroke-linecap: round; }
  .bars, .band { fill: #0072b2; } .band { fill-opacity: 0.25; } .bars { fill-opacity: 0.6; }
  .line, .dashed, .baseline, .ideal { fill: none; stroke: #0072b2; stroke-width: 2; }
  .dashed { stroke-dasharray: 6 4; } .baseline { stroke: #d55e00; } .ideal { stroke: #333; stroke-width: 1.5; stroke-dasharray: 3 3; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; } text { fill: #d8dbe2; } .grid { stroke: #333842; } .ideal { stroke: #d8dbe2; }
    .dots, .line, .dashed { stroke: #56b4e9; } .bars, .band { fill: #56b4e9; } .baseline { stroke: #e69f00; }
  }
</style>
${svgText([24, 34], title, 'font-size="18" font-weight="600"')}
${svgText([24, 56], subtitle)}
${drawOpenLoop(report.openLoop)}
${drawCalibration(report.calibration)}
${drawComponents(report.calibration)}
</svg>
`;
}
