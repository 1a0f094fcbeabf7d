import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isLocked, readRun, type Json, type MetricsRecord } from "../../src/runs/index.ts";
import type { SeedResult } from "./table.ts";

/** How far a job is, as its files tell. */
export interface JobState {
  readonly state: SeedResult["state"];
  /** In the run's own unit; absent before its first record. */
  readonly step?: number;
  readonly totalSteps?: number;
  /** Steps per second of training, lately. */
  readonly speed?: number;
  /** The latest return by the environment's own reward. */
  readonly lastReturn?: number;
  /** Why it failed, or who works on it. */
  readonly message?: string;
}

/** Bytes at the end of metrics.jsonl that tell of the last steps: some hundred records. */
const tailBytes = 64 * 1024;

/** The last records of a metrics.jsonl; lines that are not whole are left out. */
function lastRecords(path: string): MetricsRecord[] {
  if (!existsSync(path)) return [];
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(0, size - tailBytes);
    const buffer = Buffer.alloc(size - start);
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    const lines = buffer.toString("utf8", 0, length).split("\n");
    return lines.slice(start > 0 ? 1 : 0, -1).flatMap((line) => {
      try {
        return [JSON.parse(line) as MetricsRecord];
      } catch {
        return [];
      }
    });
  } finally {
    closeSync(descriptor);
  }
}

function progressOf(folder: string): Omit<JobState, "state"> {
  const records = lastRecords(join(folder, "metrics.jsonl"));
  const { totalSteps } = readRun(folder).manifest;
  const stepOf = (record: MetricsRecord) => record.steps ?? record.environmentSteps;
  const [first, last] = [records[0], records.at(-1)];
  const returns = records.map(({ episodeReturn, evaluationReturn }) => episodeReturn ?? evaluationReturn);
  const lastReturn = returns.findLast((value) => Number.isFinite(value));
  const seconds = first === undefined || last === undefined ? 0 : last.wallSeconds - first.wallSeconds;
  return {
    ...(last !== undefined && { step: stepOf(last) }),
    ...(typeof totalSteps === "number" && { totalSteps }),
    ...(last !== undefined && seconds > 0 && { speed: (stepOf(last) - stepOf(first)) / seconds }),
    ...(lastReturn !== undefined && { lastReturn }),
  };
}

/** What a finished run came to, which its last records do not say. */
function finalReturnOf(result: Json): Pick<JobState, "lastReturn"> {
  const parsed = z.object({ finalReturn: z.number() }).safeParse(result);
  return parsed.success ? { lastReturn: parsed.data.finalReturn } : {};
}

/** The line that says why a program ended, of all that it wrote to standard error; undefined where it wrote nothing. */
export function errorLine(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.findLast((one) => one.startsWith("motive: ")) ?? lines.at(-1);
  return line?.replace(/^motive: /, "");
}

/**
 * The state of a run, from its directory.
 * @param errors the file that its standard error went to
 */
export function readRunState(folder: string, errors: string): JobState {
  if (!existsSync(join(folder, "config.json"))) {
    const message = errorLine(errors);
    if (existsSync(folder) && isLocked(folder)) return { state: "running" };
    return message === undefined ? { state: "waiting" } : { state: "failed", message };
  }
  const progress = progressOf(folder);
  const result = readRun(folder).result();
  if (result !== undefined) return { ...progress, ...finalReturnOf(result), state: "done" };
  if (isLocked(folder)) return { ...progress, state: "running" };
  const message = errorLine(errors);
  return message === undefined ? { ...progress, state: "stopped" } : { ...progress, state: "failed", message };
}
