import type { MetricsRecord } from "../src/runs/index.ts";
import type { TextOutput } from "./terminal.ts";

export interface ProgressStart {
  readonly title: string;
  readonly directory: string;
  /** Units done at the start (0, or more for a resumed run) and in total. */
  readonly done: number;
  readonly total: number;
}

/** Where a training run's progress is shown. */
export interface Progress {
  start(start: ProgressStart): void;
  /** @param done units of work done, of `total` */
  record(done: number, record: MetricsRecord): void;
  /** A line that stays, such as where a checkpoint lies. */
  note(line: string): void;
  end(result: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
}

/** 12345678 -> 12,345,678: the same in every locale. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A normalised score as papers print it, times 100. */
export const formatScore = (score: number): string => (100 * score).toFixed(1).replace(/^-(0\.0)$/, "$1");

/** Seconds as 45s, 3m 05s or 2h 07m. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number) => value.toString().padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
}

/** One line that tells how far some work has come: rewritten in place on a terminal, and nowhere else written. */
export interface ProgressLine {
  /**
   * @param done units of work done
   * @param detail what else to show
   */
  show(done: number, detail?: string): void;
  clear(): void;
}

/**
 * @param unit what is counted, in the plural
 * @param now the current time in seconds
 */
export function progressLine(
  output: TextOutput,
  { done: first, total, unit }: { readonly done: number; readonly total: number; readonly unit: string },
  now: () => number = () => performance.now() / 1000,
): ProgressLine {
  const terminal = output.isTTY === true;
  const recent = [{ done: first, time: now() }];
  let lastDrawn = -Infinity;
  const clear = () => {
    if (terminal) output.write("\r\x1b[K");
  };
  return {
    show(done, detail) {
      const time = now();
      recent.push({ done, time });
      // Speed over the last half minute: a run's first steps are cheaper than the later ones.
      while (recent.length > 2 && time - recent[0].time > 30) recent.shift();
      if (!terminal || time - lastDrawn < 0.1) return;
      lastDrawn = time;
      const elapsed = time - recent[0].time;
      const speed = elapsed > 0 ? (done - recent[0].done) / elapsed : 0;
      const parts = [
        `${formatCount(done)} / ${formatCount(total)} ${unit}`,
        `${Math.floor((100 * done) / Math.max(1, total))}%`,
        `${formatCount(speed)} ${unit}/s`,
        ...(detail === undefined ? [] : [detail]),
        ...(speed > 0 ? [`${formatDuration((total - done) / speed)} left`] : []),
      ];
      clear();
      output.write(
        parts
          .join("  ")
          .slice(0, (output.columns === undefined || output.columns === 0 ? 80 : output.columns) - 1),
      );
    },
    clear,
  };
}

/** The return to show beside the progress; the name that every algorithm gives the true return of its last episodes. */
const shownReturn = "episodeReturn";

/**
 * Progress for people: one line rewritten in place on a terminal; on a pipe or in a file only what stays.
 * @param output usually standard output
 * @param now the current time in seconds
 */
export function linesProgress(output: TextOutput, now?: () => number): Progress {
  let line: ProgressLine | undefined;
  let lastReturn: number | undefined;
  return {
    start({ title, directory, done, total }) {
      line = progressLine(output, { done, total, unit: "steps" }, now);
      output.write(`${title}\n`);
      output.write(
        `run directory: ${directory}${done > 0 ? ` (continues at step ${formatCount(done)})` : ""}\n`,
      );
    },
    record(done, record) {
      if (Number.isFinite(record[shownReturn])) lastReturn = record[shownReturn];
      line?.show(done, lastReturn === undefined ? undefined : `return ${lastReturn.toFixed(1)}`);
    },
    note(text) {
      line?.clear();
      output.write(`${text}\n`);
    },
    end(_result, lines) {
      line?.clear();
      for (const text of lines) output.write(`${text}\n`);
    },
  };
}

/**
 * Progress for programs: one JSON object a line, the last one the result.
 * @param notes where lines for people go, usually standard error
 */
export function jsonProgress(output: TextOutput, notes: TextOutput): Progress {
  return {
    start() {
      // Everything about the run stands in the result.
    },
    record(_done, record) {
      output.write(`${JSON.stringify(record)}\n`);
    },
    note(line) {
      notes.write(`${line}\n`);
    },
    end(result) {
      output.write(`${JSON.stringify(result)}\n`);
    },
  };
}
