import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../project.ts";
import { errorFile, finishJob, outputFile, unverifiedFile, type Job } from "./jobs.ts";
import { errorLine } from "./run-state.ts";

/** The program that runs are processes of: the built one, from the sources, too. */
export const program = join(projectRoot, "dist", "tools", "motive.js");

/** How a job's process ended: well, or with a reason. */
export type Ending = { readonly done: true } | { readonly done: false; readonly code: number | null; readonly reason: string };

/** A job's process. */
export interface Child {
  readonly ended: Promise<Ending>;
  /** Asks it to save itself and end. */
  stop(): void;
}

function wordsFor(directory: string, job: Job, checkpointInterval: number): readonly string[] {
  if (job.kind !== "run") return job.words;
  const interval = ["--checkpoint-interval", `${checkpointInterval}`];
  const begun = existsSync(join(directory, job.id, "config.json"));
  return begun ? ["train", "--resume", job.id, ...interval] : [...job.words, ...interval];
}

/**
 * Starts a job in a process that works from the benchmark's directory. When this process ends, however it does, the
 * child's standard input ends, and the child saves itself and ends (entry.ts).
 */
export function startChild(directory: string, job: Job, checkpointInterval: number): Child {
  const [output, errors] = [outputFile(job), errorFile(job)].map((file) => openSync(join(directory, file), "w"));
  if (job.kind === "dataset") rmSync(join(directory, unverifiedFile(job.id)), { force: true });
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [program, ...wordsFor(directory, job, checkpointInterval)], {
      cwd: directory,
      stdio: ["pipe", output, errors],
      env: { ...process.env, MOTIVE_STOP_WITH_INPUT: "1" },
    });
  } finally {
    closeSync(output);
    closeSync(errors);
  }
  // A child that ends leaves a pipe that nobody reads; its exit says all there is to know.
  child.stdin?.on("error", () => undefined);
  const ended = new Promise<Ending>((resolve) => {
    child.on("error", (error) => resolve({ done: false, code: null, reason: error.message }));
    child.on("exit", (code, signal) => resolve(endingOf(directory, job, code, signal)));
  });
  return { ended, stop: () => child.kill("SIGTERM") };
}

function endingOf(directory: string, job: Job, code: number | null, signal: NodeJS.Signals | null): Ending {
  if (code === 0) {
    try {
      finishJob(directory, job);
      return { done: true };
    } catch (error) {
      return { done: false, code, reason: error instanceof Error ? error.message : String(error) };
    }
  }
  const said = errorLine(join(directory, errorFile(job)));
  return { done: false, code, reason: said ?? (signal === null ? `exit code ${code}` : `killed by ${signal}`) };
}
