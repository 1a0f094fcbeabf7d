import uPlot from "uplot";
import { h, themeColor } from "./dom.ts";

export interface Curve {
  readonly label: string;
  readonly color: string;
  readonly values: ArrayLike<number>;
  readonly dashed?: boolean;
  readonly width?: number;
}

/** A small chart. */
export interface Plot {
  readonly element: HTMLElement;
  /** @param x shared by all curves; `range` is what the axis spans, by default all of x */
  set(x: ArrayLike<number>, curves: readonly Curve[], range?: readonly [number, number]): void;
  /** The part that curves are drawn in, in CSS pixels from the element's left. */
  area(): { readonly left: number; readonly width: number };
  resize(): void;
  themeChanged(): void;
}

export interface PlotOptions {
  readonly height: number;
  /** Room for numbers on the left; plots of the same width and gutter are aligned. */
  readonly gutter: number;
  readonly showX: boolean;
  readonly right?: number;
}

/** NaN is a gap. */
const column = (values: ArrayLike<number>): (number | null)[] => Array.from(values, (value) => (Number.isFinite(value) ? value : null));

const compact = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)}k`;
  return `${+value.toPrecision(4)}`;
};

export function createPlot({ height, gutter, showX, right = 14 }: PlotOptions): Plot {
  const element = h("div", { class: "plot" });
  let plot: uPlot | undefined;
  let shape = "";
  let range: readonly [number, number] = [0, 1];
  let last: { x: ArrayLike<number>; curves: readonly Curve[] } | undefined;

  const build = (curves: readonly Curve[]): uPlot => {
    const axis = { stroke: themeColor("--faint"), font: "11px system-ui, sans-serif", ticks: { show: false } };
    const grid = { stroke: themeColor("--grid"), width: 1 };
    return new uPlot(
      {
        width: Math.max(80, element.clientWidth),
        height,
        padding: [6, right, showX ? 0 : 6, 0],
        legend: { show: false },
        cursor: { show: false },
        // uPlot moves the range by itself where it is not told
        scales: { x: { time: false, range: () => [range[0], range[1]] } },
        axes: [
          { ...axis, show: showX, grid, size: 22, gap: 2, values: (_, splits) => splits.map(compact) },
          { ...axis, grid, size: gutter, gap: 4, space: 26, values: (_, splits) => splits.map(compact) },
        ],
        series: [
          {},
          ...curves.map(({ label, color, dashed, width }) => ({
            label,
            stroke: color,
            width: width ?? 1.5,
            spanGaps: false,
            points: { show: false },
            ...(dashed && { dash: [5, 4] }),
          })),
        ],
      },
      [[], ...curves.map(() => [])],
      element,
    );
  };

  const draw = (): void => {
    if (last === undefined || element.clientWidth === 0) return;
    const { x, curves } = last;
    const wanted = curves.map(({ label, color, dashed }) => `${label}|${color}|${dashed}`).join();
    if (plot === undefined || wanted !== shape) {
      plot?.destroy();
      plot = build(curves);
      shape = wanted;
    }
    plot.setData([Array.from(x), ...curves.map(({ values }) => column(values))]);
  };

  const result: Plot = {
    element,
    set(x, curves, wanted) {
      last = { x, curves };
      const end = x.length > 0 ? x[x.length - 1] : 1;
      range = wanted ?? [x.length > 0 ? x[0] : 0, end];
      if (range[1] <= range[0]) range = [range[0], range[0] + 1];
      draw();
    },
    area: () => ({ left: gutter, width: Math.max(1, element.clientWidth - gutter - right) }),
    resize() {
      if (plot && element.clientWidth > 0 && plot.width !== element.clientWidth) plot.setSize({ width: element.clientWidth, height });
      else if (plot === undefined) draw();
    },
    themeChanged() {
      shape = "";
      draw();
    },
  };
  new ResizeObserver(() => result.resize()).observe(element);
  return result;
}
