import { svgText, tickLabel, ticks } from "./axes.ts";

/** A rectangle in pixels, and the values at its sides. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

export const across = ({ left, right, x: [low, high] }: Plot, value: number): number =>
  left + ((value - low) / (high - low)) * (right - left);
export const upwards = ({ top, bottom, y: [low, high] }: Plot, value: number): number =>
  bottom - ((value - low) / (high - low)) * (bottom - top);
export const at = (plot: Plot, x: number, y: number): string =>
  `${across(plot, x).toFixed(1)} ${upwards(plot, y).toFixed(1)}`;

export const heading = ({ left, top }: Plot, text: string): string =>
  svgText([left, top - 14], text, 'font-size="13" font-weight="600"');

export function verticalAxis(plot: Plot): string {
  return ticks(...plot.y)
    .map((value) => {
      const y = upwards(plot, value);
      const line = `<path class="grid" d="M${plot.left} ${y.toFixed(1)}H${plot.right}"/>`;
      return line + svgText([plot.left - 8, y + 4], tickLabel(value), 'text-anchor="end"');
    })
    .join("\n");
}

export function horizontalAxis(plot: Plot, name: string, parts = 5): string {
  const labels = ticks(...plot.x, parts).map((value) =>
    svgText([across(plot, value), plot.bottom + 18], tickLabel(value), 'text-anchor="middle"'),
  );
  const middle = (plot.left + plot.right) / 2;
  return [...labels, svgText([middle, plot.bottom + 38], name, 'text-anchor="middle"')].join("\n");
}
