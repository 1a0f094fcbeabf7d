import type { RewardQuality } from "../agents/reward-quality/index.ts";
import type { JudgedSteps } from "../agents/reward-quality/rollouts.ts";
import { colours, svgText } from "./report/axes.ts";
import { at, heading, horizontalAxis, verticalAxis, type Plot } from "./report/plot.ts";

/** What the picture of a reward's quality shows. */
export interface RewardPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly report: RewardQuality;
  readonly steps: readonly JudgedSteps[];
}

const picture = { width: 1000, height: 520 };
const rows = { top: 116, bottom: 440 };
/** Steps that are drawn of each source: evenly spaced ones where there are more. */
const mostDots = 1500;

/** Limits a little beyond the values, of some width even where all are equal; by a loop, for there may be many. */
function limitsOf(parts: readonly ArrayLike<number>[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of parts) {
    for (let i = 0; i < values.length; i++) [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
  }
  const room = high > low ? 0.04 * (high - low) : Math.max(1, 0.04 * Math.abs(high));
  return [low - room, high + room];
}

const colourOf = (index: number): string => colours.light[index % colours.light.length];

/** A dot for each pair of (true, learned). */
function dots(plot: Plot, kind: string, index: number, learned: ArrayLike<number>, rewarded: ArrayLike<number>): string {
  const every = Math.max(1, Math.ceil(learned.length / mostDots));
  const marks = Array.from({ length: Math.ceil(learned.length / every) }, (_, i) => `M${at(plot, rewarded[i * every], learned[i * every])}h0`);
  return `<path class="${kind}" stroke="${colourOf(index)}" d="${marks.join("")}"/>`;
}

function scatter(
  [left, right]: readonly [number, number],
  title: string,
  axis: string,
  kind: string,
  clouds: readonly { readonly learned: ArrayLike<number>; readonly rewarded: ArrayLike<number> }[],
): string {
  const plot: Plot = { ...rows, left, right, x: limitsOf(clouds.map(({ rewarded }) => rewarded)), y: limitsOf(clouds.map(({ learned }) => learned)) };
  return [
    heading(plot, title),
    verticalAxis(plot),
    horizontalAxis(plot, axis),
    // those with more dots first, so that they do not hide the others
    ...clouds
      .map(({ learned, rewarded }, index) => ({ count: learned.length, drawn: dots(plot, kind, index, learned, rewarded) }))
      .sort((a, b) => b.count - a.count)
      .map(({ drawn }) => drawn),
    `<text transform="translate(${left - 50} ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">learned</text>`,
  ].join("\n");
}

function legend(steps: readonly JudgedSteps[]): string {
  return steps
    .map(({ source }, i) => {
      const x = 80 + 120 * i;
      return `<path class="sums" stroke="${colourOf(i)}" d="M${x} 500h0"/>${svgText([x + 14, 504], source)}`;
    })
    .join("\n");
}

const rho = (value: number | null): string => (value === null ? "–" : value.toFixed(3));

/** Learned against true reward, of steps and of trajectories, as SVG for light and for dark pages. */
export function drawReward({ title, subtitle, report, steps }: RewardPicture): string {
  const last = report.sources[report.sources.length - 1];
  const sums = steps.map(({ trajectories }) => ({
    learned: trajectories.map(({ learned }) => learned),
    rewarded: trajectories.map(({ rewarded }) => rewarded),
  }));
  const heads = [
    `Steps: Pearson ${rho(last.bySteps.pearson)}, Spearman ${rho(last.bySteps.spearman)}`,
    `Trajectories: Pearson ${rho(last.byTrajectories.pearson)}, Spearman ${rho(last.byTrajectories.spearman)}`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${picture.width} ${picture.height}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff; } text { fill: #333; } .grid { stroke: #ddd; }
  .steps, .sums { stroke-linecap: round; } .steps { stroke-width: 4; stroke-opacity: 0.4; } .sums { stroke-width: 9; stroke-opacity: 0.8; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; } text { fill: #d8dbe2; } .grid { stroke: #333842; }
  }
</style>
${svgText([24, 34], title, 'font-size="18" font-weight="600"')}
${svgText([24, 56], subtitle)}
${scatter([80, 480], heads[0], "true reward of a step", "steps", steps)}
${scatter([570, 970], heads[1], "true return", "sums", sums)}
${legend(steps)}
</svg>
`;
}
