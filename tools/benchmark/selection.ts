import { UsageError } from "../errors.ts";
import type { Plan, PlannedCell } from "./plan.ts";

/** What patterns are looked for in. */
export const cellName = ({ row, column }: Pick<PlannedCell, "row" | "column">): string => `${row} / ${column}`;

function expression(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(parts.join(".*"), "i");
}

/**
 * The cells that one of the patterns occurs in: a part of `row / column`, in small or capital letters; `*` stands for
 * anything. Without patterns all cells.
 * @throws UsageError for a pattern that no cell fits
 */
export function selectCells({ cells }: Pick<Plan, "cells">, patterns: readonly string[]): readonly PlannedCell[] {
  if (patterns.length === 0) return cells;
  for (const pattern of patterns) {
    if (cells.some((cell) => expression(pattern).test(cellName(cell)))) continue;
    const rows = [...new Set(cells.map(({ row }) => row))];
    const columns = [...new Set(cells.map(({ column }) => column))];
    throw new UsageError(`--only ${pattern}: no cell of that name; rows: ${rows.join(" | ")}; columns: ${columns.join(" | ")}`);
  }
  return cells.filter((cell) => patterns.some((pattern) => expression(pattern).test(cellName(cell))));
}
