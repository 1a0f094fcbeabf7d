import { existsSync } from "node:fs";
import { join } from "node:path";
import { holdSignals } from "../interrupt.ts";
import type { Terminal } from "../terminal.ts";
import { openBenchmark, type BenchmarkFacts } from "./directory.ts";
import { countLine, failureLines, jsonObserver, linesObserver, reportJson } from "./display.ts";
import { expandSuite } from "./expand.ts";
import { jobsOf, jobState, type Job } from "./jobs.ts";
import type { Plan } from "./plan.ts";
import { runSchedule, type JobReport } from "./schedule.ts";
import { selectCells } from "./selection.ts";
import { checkUnchanged } from "./unchanged.ts";

export interface BenchmarkOptions {
  readonly directory: string;
  readonly workers: number;
  /** Patterns for cells; all when there are none. */
  readonly only: readonly string[];
  readonly checkpointInterval: number;
  readonly json: boolean;
}

/** The jobs of a benchmark, after a look at what was begun already. @throws UserError where that is another run */
export function checkedJobs(plan: Plan, directory: string, only: readonly string[]): Job[] {
  const jobs = jobsOf(plan, selectCells(plan, only));
  for (const { id, run } of jobs)
    if (run !== undefined && existsSync(join(directory, id, "config.json"))) checkUnchanged(directory, run);
  return jobs;
}

/** What is known of every job, without doing anything. */
export const reportJobs = (directory: string, jobs: readonly Job[]): JobReport[] =>
  jobs.map((job) => ({ ...jobState(directory, job), job }));

/**
 * Runs what a suite's directory does not hold yet, until all is done or a signal comes.
 * @returns the exit code: 0, 1 where something failed, or that of the signal
 */
export async function runBenchmark(terminal: Terminal, facts: BenchmarkFacts, options: BenchmarkOptions): Promise<number> {
  const { directory, workers, only, checkpointInterval, json } = options;
  const plan = expandSuite(facts.suite, facts.preset, facts.seeds);
  // Before anything is written: mistakes in the patterns, or runs of another kind.
  checkedJobs(plan, directory, only);
  const release = openBenchmark(directory, facts);
  const observer = json ? jsonObserver(terminal) : linesObserver(terminal.stdout);
  let onSignal: () => void = () => undefined;
  const interrupted = new Promise<void>((resolve) => {
    onSignal = resolve;
  });
  const interrupt = holdSignals(() => {
    observer.note("stopping: the runs save their checkpoints …");
    onSignal();
  });
  try {
    const jobs = checkedJobs(plan, directory, only);
    observer.note(`${plan.suite}, preset ${plan.preset}: ${jobs.length} jobs, ${workers} at a time, in ${directory}`);
    const reports = await runSchedule({ directory, jobs, workers, checkpointInterval, interrupt, interrupted, observer });
    observer.close();
    if (json) terminal.stdout.write(`${JSON.stringify(statusJson(plan, directory, reports))}\n`);
    else for (const line of [...failureLines(reports), countLine(reports)]) observer.note(line);
    if (interrupt.signal !== undefined) {
      observer.note("stopped; the same command continues");
      return interrupt.exitCode;
    }
    return reports.every(({ state }) => state === "done") ? 0 : 1;
  } finally {
    observer.close();
    interrupt.release();
    release();
  }
}

/** A benchmark's state for programs. */
export function statusJson(plan: Plan, directory: string, reports: readonly JobReport[]): Readonly<Record<string, unknown>> {
  const cellsOf = (id: string) =>
    plan.cells.flatMap(({ row, column, runs }) => (runs.includes(id.replace(/^runs\//, "")) ? [{ row, column }] : []));
  return {
    suite: plan.suite,
    preset: plan.preset,
    directory,
    done: reports.filter(({ state }) => state === "done").length,
    total: reports.length,
    jobs: reports.map((report) => ({
      ...reportJson(report),
      ...(report.job.run && { seed: report.job.run.seed, cells: cellsOf(report.job.id) }),
    })),
  };
}
