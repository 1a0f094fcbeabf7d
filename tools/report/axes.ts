/* What the project's pictures share: colours, round axis values, text in SVG. */

/** Distinguishable with any colour vision (Okabe and Ito 2008), on white and, lightened where that was too faint, on black. */
export const colours = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"],
  dark: ["#4a9fe0", "#f0804a", "#2fbf93", "#e0a0c4", "#eec04c", "#a5dcff", "#c0c0c0"],
};

/** The first three are told apart by their lightness even in grey; more are not. */
export const dashes = ["none", "none", "none", "7 3", "7 3", "7 3", "2 3"];

/** A round step that cuts a range into about so many parts. */
function tickStep(range: number, parts: number): number {
  const rough = range / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

/** Round values between two limits. */
export function ticks(low: number, high: number, parts = 5): number[] {
  const step = tickStep(high - low, parts);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Without rounding 3 · 0.1 shows as 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 2500 as 2.5k, 1200000 as 1.2M. */
export const tickLabel = (value: number): string => {
  const size = Math.abs(value);
  return size >= 1e6 ? `${value / 1e6}M` : size >= 1000 ? `${value / 1000}k` : `${value}`;
};

const escape = (content: string): string => content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

export function svgText([x, y]: readonly [number, number], content: string, attributes = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}
