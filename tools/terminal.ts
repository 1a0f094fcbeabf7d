/** Where a command's text goes; `process.stdout` fits. */
export interface TextOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a command may touch of the process that runs it. */
export interface Terminal {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
}

/** One JSON document on standard output. JSON carries a float64 exactly. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printLine(terminal: Terminal, line = ""): void {
  terminal.stdout.write(`${line}\n`);
}

/** Rows as columns of equal width, two spaces apart; columns in `right` are flushed right. */
export function formatTable(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd(),
  );
}
