import { formatCount, formatDuration } from "../progress.ts";
import { formatTable, printLine, type Terminal, type TextOutput } from "../terminal.ts";
import type { Job } from "./jobs.ts";
import type { JobReport, Observer } from "./schedule.ts";

const states = ["done", "running", "waiting", "stopped", "failed"] as const;

/** `3 of 12 done, 2 running, 7 waiting` */
export function countLine(reports: readonly JobReport[]): string {
  const count = (state: string) => reports.filter((report) => report.state === state).length;
  const others = states.slice(1).flatMap((state) => (count(state) > 0 ? [`${count(state)} ${state}`] : []));
  return [`${count("done")} of ${reports.length} done`, ...others].join(", ");
}

/** The name without the folder that all runs have in common. */
export const jobName = ({ id, kind }: Job): string => (kind === "run" ? id.replace(/^runs\//, "") : id);

const header = ["", "state", "step", "of", "steps/s", "return", "left"];

/** Columns that hold numbers. */
const right = [2, 3, 4, 5, 6];

/** A long name without its middle: its beginning and its seed tell most. */
function shorten(name: string, width: number): string {
  if (name.length <= width) return name;
  const end = Math.floor((width - 1) / 2);
  return `${name.slice(0, width - 1 - end)}…${name.slice(-end)}`;
}

function stateRow({ job, state, step, totalSteps, speed, lastReturn }: JobReport, nameWidth: number): string[] {
  const left = step !== undefined && totalSteps !== undefined && speed !== undefined && speed > 0 ? (totalSteps - step) / speed : undefined;
  const running = state === "running";
  return [
    shorten(jobName(job), nameWidth),
    state,
    step === undefined ? "" : formatCount(step),
    totalSteps === undefined ? "" : formatCount(totalSteps),
    running && speed !== undefined ? formatCount(speed) : "",
    lastReturn === undefined ? "" : lastReturn.toFixed(1),
    running && left !== undefined ? formatDuration(left) : "",
  ];
}

/** What the columns with numbers take at most: steps in millions, hours left. */
const numbersWidth = 56;

/**
 * A table of jobs, one a line.
 * @param columns of the terminal, where the table has to fit one
 */
export function stateLines(reports: readonly JobReport[], columns = Infinity): string[] {
  if (reports.length === 0) return [];
  const nameWidth = Math.max(20, columns - numbersWidth);
  return formatTable([header, ...reports.map((report) => stateRow(report, nameWidth))], right);
}

/** `runs/x: why` of all that failed. */
export const failureLines = (reports: readonly JobReport[]): string[] =>
  reports.flatMap(({ job, state, message }) => (state === "failed" ? [`failed: ${jobName(job)}: ${message ?? "no reason is known"}`] : []));

function endedText({ job, state, step, lastReturn, message }: JobReport): string {
  switch (state) {
    case "done":
      return `done: ${jobName(job)}${lastReturn === undefined ? "" : `, last return ${lastReturn.toFixed(1)}`}`;
    case "failed":
      return `failed: ${jobName(job)}: ${message ?? "no reason is known"}`;
    default:
      return `${state}: ${jobName(job)}${step === undefined ? "" : ` at step ${formatCount(step)}`}`;
  }
}

const startedText = (job: Job, step: number | undefined): string =>
  step === undefined ? `started: ${jobName(job)}` : `continued: ${jobName(job)} from its last checkpoint, at most step ${formatCount(step)}`;

const columnsOf = ({ columns }: TextOutput): number => (columns === undefined || columns === 0 ? 80 : columns);

/** What stands on a terminal and is rewritten in place; elsewhere nothing. */
function rewrittenLines(output: TextOutput) {
  let drawn = 0;
  return {
    draw(lines: readonly string[]) {
      if (output.isTTY !== true) return;
      const width = columnsOf(output) - 1;
      this.clear();
      output.write(lines.map((line) => `${line.slice(0, width)}\n`).join(""));
      drawn = lines.length;
    },
    clear() {
      if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[J`);
      drawn = 0;
    },
  };
}

/** For people: a line for what begins and ends, and on a terminal a table of what runs, rewritten in place. */
export function linesObserver(output: TextOutput): Observer & { note(line: string): void; close(): void } {
  const table = rewrittenLines(output);
  const say = (line: string) => {
    table.clear();
    output.write(`${line}\n`);
  };
  return {
    started: (job, step) => say(startedText(job, step)),
    ended: (report) => say(endedText(report)),
    progress: (reports) => table.draw([...stateLines(reports.filter(({ state }) => state === "running"), columnsOf(output)), countLine(reports)]),
    note: say,
    close: () => table.clear(),
  };
}

/** What programs are told of a job: everything but its plan. */
export function reportJson({ job, ...state }: JobReport): Readonly<Record<string, unknown>> {
  return { id: job.id, kind: job.kind, ...state, needs: job.needs, command: ["motive", ...job.words].join(" ") };
}

/** For programs: one JSON object for what begins and ends; notes for people go to standard error. */
export function jsonObserver({ stdout, stderr }: Terminal): ReturnType<typeof linesObserver> {
  const print = (value: unknown) => stdout.write(`${JSON.stringify(value)}\n`);
  return {
    started: ({ id }, step) => print({ event: "started", id, ...(step !== undefined && { step }) }),
    ended: ({ job, ...state }) => print({ event: "ended", id: job.id, ...state }),
    progress: () => undefined,
    note: (line) => stderr.write(`${line}\n`),
    close: () => undefined,
  };
}

/** The state of a benchmark for people. */
export function printStatus(terminal: Terminal, title: string, reports: readonly JobReport[]): void {
  printLine(terminal, title);
  for (const line of [...stateLines(reports), ...failureLines(reports), countLine(reports)]) printLine(terminal, line);
}
