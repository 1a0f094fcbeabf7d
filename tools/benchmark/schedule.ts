import { existsSync } from "node:fs";
import { join } from "node:path";
import { isLocked } from "../../src/runs/index.ts";
import type { Interrupt } from "../interrupt.ts";
import { startChild, type Child } from "./child.ts";
import { jobState, type Job } from "./jobs.ts";
import type { JobState } from "./run-state.ts";

/** A job, how far it is, and whether a process of this benchmark or of somebody else's works on it. */
export interface JobReport extends JobState {
  readonly job: Job;
}

/** Who is told how a benchmark goes on. */
export interface Observer {
  /** @param step where an earlier start had come to */
  started(job: Job, step: number | undefined): void;
  /** A job is done, failed, or was stopped. */
  ended(report: JobReport): void;
  /** About once a second, and when something has changed. */
  progress(reports: readonly JobReport[]): void;
}

export interface Schedule {
  readonly directory: string;
  readonly jobs: readonly Job[];
  /** Processes at a time. */
  readonly workers: number;
  readonly checkpointInterval: number;
  readonly interrupt: Pick<Interrupt, "signal">;
  /** Resolves when a signal comes, so that nobody waits for the next second. */
  readonly interrupted: Promise<void>;
  readonly observer: Observer;
}

const tickMilliseconds = 1000;

/**
 * Does all jobs that are not done, each in a process of its own, those first that others need. A job that fails does not
 * keep the others from being done, only those that need it. What another process works on already is waited for.
 * At a signal the processes are asked to save themselves, and nothing new begins.
 *
 * @returns the state of every job at the end
 */
export async function runSchedule(schedule: Schedule): Promise<JobReport[]> {
  const { directory, jobs, workers, checkpointInterval, interrupt, interrupted, observer } = schedule;
  const settled = new Map<string, JobReport>();
  const active = new Map<string, { readonly job: Job; readonly child: Child; readonly ended: Promise<void> }>();
  /** Started before by somebody else: not announced again. */
  const elsewhere = new Set<string>();

  const settle = (report: JobReport, silent = false): void => {
    settled.set(report.job.id, report);
    if (!silent) observer.ended(report);
  };
  const isBusy = ({ id, kind }: Job): boolean => {
    const folder = join(directory, id);
    return kind === "run" && existsSync(folder) && isLocked(folder);
  };
  const start = (job: Job): void => {
    observer.started(job, jobState(directory, job).step);
    const child = startChild(directory, job, checkpointInterval);
    const ended = child.ended.then((ending) => {
      active.delete(job.id);
      const state = jobState(directory, job);
      const stopped = interrupt.signal !== undefined;
      if (ending.done) settle({ ...state, job, state: "done" });
      // Where somebody else was quicker, that is waited for.
      else if (!isBusy(job)) settle({ ...state, job, state: stopped ? "stopped" : "failed", ...(!stopped && { message: ending.reason }) });
    });
    active.set(job.id, { job, child, ended });
  };
  const reports = (): JobReport[] =>
    jobs.map((job) => {
      const known = settled.get(job.id);
      if (known !== undefined) return known;
      if (active.has(job.id) || elsewhere.has(job.id)) return { ...jobState(directory, job), job, state: "running" };
      return { job, state: "waiting" };
    });

  for (const job of jobs) {
    const state = jobState(directory, job);
    if (state.state === "done") settle({ ...state, job }, true);
  }
  for (;;) {
    elsewhere.clear();
    for (const job of jobs) {
      if (settled.has(job.id) || active.has(job.id)) continue;
      const needed = job.needs.map((id) => settled.get(id));
      const missing = needed.find((report) => report !== undefined && report.state !== "done");
      if (missing !== undefined && interrupt.signal === undefined) {
        settle({ job, state: "failed", message: `needs ${missing.job.id}, which failed` });
        continue;
      }
      if (isBusy(job)) {
        elsewhere.add(job.id);
        continue;
      }
      const state = jobState(directory, job);
      if (state.state === "done") settle({ ...state, job });
      else if (interrupt.signal === undefined && active.size + elsewhere.size < workers && needed.every((one) => one !== undefined)) start(job);
    }
    observer.progress(reports());
    const left = jobs.some((job) => !settled.has(job.id));
    if (!left || interrupt.signal !== undefined) break;
    await firstOf([...[...active.values()].map(({ ended }) => ended), interrupted], tickMilliseconds);
  }
  for (const { child } of active.values()) child.stop();
  await Promise.all([...active.values()].map(({ ended }) => ended));
  return jobs.map((job) => settled.get(job.id) ?? { ...jobState(directory, job), job });
}

/** Waits for the first of the promises, at most for some time. */
async function firstOf(promises: readonly Promise<void>[], milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([...promises, time]);
  clearTimeout(timer);
}
