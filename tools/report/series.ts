import type { ResultTable } from "../benchmark/table.ts";
import { colours } from "./axes.ts";

/** The number of each column's colour: those that somebody runs come first, so that they have the clearest ones. */
export function seriesOf({ columns, cells }: ResultTable): ReadonlyMap<string, number> {
  const isRun = (column: string): boolean => cells.some((cell) => cell.column === column && cell.seeds.length > 0);
  const ordered = [...columns.filter(isRun), ...columns.filter((column) => !isRun(column))];
  return new Map(ordered.map((column, i) => [column, i % colours.light.length]));
}
