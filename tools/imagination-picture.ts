import type { RunImagination } from "./imagination.ts";
import { colours, svgText } from "./report/axes.ts";
import { at, heading, horizontalAxis, verticalAxis, type Plot } from "./report/plot.ts";

const panel = { width: 460, gap: 80, left: 80 };
const rows = { top: 116, bottom: 400 };

const lineOf = (plot: Plot, points: readonly (readonly [x: number, y: number])[]): string =>
  `M${points.map(([x, y]) => at(plot, x, y)).join("L")}`;

function drawRun({ run, points }: RunImagination, index: number, y: Plot["y"]): string {
  const left = panel.left + index * (panel.width + panel.gap);
  const last = Math.max(1, ...points.map(({ step }) => step));
  const plot: Plot = { ...rows, left, right: left + panel.width, x: [0, last], y };
  const curve = (kind: "imagined" | "physics"): string =>
    `<path class="${kind}" d="${lineOf(plot, points.map((point) => [point.step, point[kind].return] as const))}"/>`;
  return [heading(plot, run), verticalAxis(plot), horizontalAxis(plot, "updates"), curve("imagined"), curve("physics")].join("\n");
}

/** Returns in the model and in MuJoCo over the updates of each run, on one scale, as SVG for light and for dark pages. */
export function drawImagination(runs: readonly RunImagination[], subtitle: string): string {
  const values = runs.flatMap(({ points }) => points.flatMap(({ imagined, physics }) => [imagined.return, physics.return]));
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = 0.05 * (high - low) || 1;
  const y = [low < 0 ? low - room : 0, high + room] as const;
  const width = panel.left + runs.length * (panel.width + panel.gap);
  const [{ environment }] = runs;
  const [inModel, inPhysics] = [colours.light[1], colours.light[0]];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 480" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; } text { fill: #333; } .grid { stroke: #ddd; }
  .imagined, .physics { fill: none; stroke-width: 2; } .imagined { stroke: ${inModel}; stroke-dasharray: 6 4; } .physics { stroke: ${inPhysics}; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; } text { fill: #d8dbe2; } .grid { stroke: #333842; }
    .imagined { stroke: ${colours.dark[1]}; } .physics { stroke: ${colours.dark[0]}; }
  }
</style>
${svgText([24, 34], `What the world model promises, ${environment}`, 'font-size="18" font-weight="600"')}
${svgText([24, 56], subtitle)}
<path class="imagined" d="M24 76h26"/>${svgText([58, 80], "return in the model")}
<path class="physics" d="M200 76h26"/>${svgText([234, 80], "return in MuJoCo, by the same reward")}
${runs.map((run, i) => drawRun(run, i, y)).join("\n")}
</svg>
`;
}
