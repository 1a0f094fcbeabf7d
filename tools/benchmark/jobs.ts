import { existsSync, openSync, closeSync, fsyncSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { writeTextAtomically } from "../../src/runs/atomic-file.ts";
import { inputPath, referenceFile, runFolder, setFile, trainWords, type Plan, type PlannedCell, type PlannedReference, type PlannedRun } from "./plan.ts";
import { errorLine, readRunState, type JobState } from "./run-state.ts";
import type { PublishedReturn } from "./table.ts";

/** Something that a process of its own does. Ids are paths from the benchmark's directory on: what the job makes. */
export interface Job {
  readonly id: string;
  readonly kind: "dataset" | "reference" | "run";
  /** Ids of the jobs that have to be done before. */
  readonly needs: readonly string[];
  readonly run?: PlannedRun;
  readonly reference?: PlannedReference;
  /** The command line, after `motive`, that makes it from nothing. */
  readonly words: readonly string[];
}

/** Episodes of the measurement of a reference, by the mean action, as of every run's last iterate. */
const referenceEpisodes = 20;

/** A set that may yet turn out to be another than the catalogue's. */
export const unverifiedFile = (id: string): string => join("datasets", `.unverified-${basename(id)}`);

/** Standard output and standard error of a job's last start. */
export const outputFile = ({ id }: Job): string => join("logs", `${id.replaceAll("/", "-")}.out`);
export const errorFile = ({ id }: Job): string => join("logs", `${id.replaceAll("/", "-")}.err`);

function runJob(run: PlannedRun): Job {
  const needs = Object.values(run.inputs).flatMap((input) => (input.kind === "file" ? [] : [inputPath(input)]));
  const words = [...trainWords(run), "--out", runFolder(run.id)];
  return { id: runFolder(run.id), kind: "run", needs, run, words };
}

function setJob(name: string): Job {
  const id = setFile(name);
  return { id, kind: "dataset", needs: [], words: ["dataset", "generate", name, "--out", unverifiedFile(id), "--workers", "0", "--json"] };
}

function referenceJob(reference: PlannedReference): Job {
  const words = ["evaluate", reference.file, "--episodes", `${referenceEpisodes}`, "--json"];
  return { id: referenceFile(reference), kind: "reference", needs: [], reference, words };
}

/**
 * What has to be done for some cells of a plan, in the order in which it is begun: for each cell what it needs, then
 * its runs; seed 0 of all cells first, so that a table fills up evenly.
 */
export function jobsOf(plan: Plan, cells: readonly PlannedCell[] = plan.cells): Job[] {
  const jobs = new Map<string, Job>();
  const add = (id: string): void => {
    const run = plan.runs.get(id);
    if (run === undefined || jobs.has(runFolder(id))) return;
    for (const input of Object.values(run.inputs)) {
      if (input.kind === "run") add(input.id);
      else if (input.kind === "set" && !jobs.has(setFile(input.name))) jobs.set(setFile(input.name), setJob(input.name));
    }
    jobs.set(runFolder(id), runJob(run));
  };
  const seeds = Math.max(0, ...cells.map(({ runs }) => runs.length));
  for (let seed = 0; seed < seeds; seed++) for (const { runs } of cells) if (seed < runs.length) add(runs[seed]);
  const rows = new Set(cells.filter(({ runs }) => runs.length > 0).map(({ row }) => row));
  for (const { name, reference } of plan.rows) {
    if (!rows.has(name) || reference === undefined || !("policy" in reference)) continue;
    const job = referenceJob(reference.policy);
    jobs.set(job.id, job);
  }
  return [...jobs.values()];
}

/** How far a job is, from what is in the directory. */
export function jobState(directory: string, job: Job): JobState {
  if (job.kind === "run") return readRunState(join(directory, job.id), join(directory, errorFile(job)));
  if (existsSync(join(directory, job.id))) return { state: "done" };
  const message = errorLine(join(directory, errorFile(job)));
  return message === undefined ? { state: "waiting" } : { state: "failed", message };
}

const measurementSchema = z.object({ mean: z.number(), std: z.number() });

/** What a reference was measured at; undefined before. @throws UserError when the file is none of ours */
export function readReference(directory: string, reference: PlannedReference): PublishedReturn | undefined {
  const path = join(directory, referenceFile(reference));
  if (!existsSync(path)) return undefined;
  try {
    return measurementSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    throw new UserError(`${path}: is not a measurement; remove it to have it made again`);
  }
}

/** Gives what a job has made its name; to be called when its process has ended well. */
export function finishJob(directory: string, job: Job): void {
  if (job.kind === "dataset") {
    renameSync(join(directory, unverifiedFile(job.id)), join(directory, job.id));
    const folder = openSync(join(directory, "datasets"), "r");
    fsyncSync(folder);
    closeSync(folder);
  }
  if (job.kind === "reference") {
    writeTextAtomically(join(directory, job.id), readFileSync(join(directory, outputFile(job)), "utf8"));
  }
}
