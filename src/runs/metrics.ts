import { readFileSync } from "node:fs";
import { UserError } from "../errors.ts";
import { fileError } from "./atomic-file.ts";
import { encodeJson } from "./json.ts";
import { scalarEvent } from "./tensorboard.ts";

/**
 * One line of metrics.jsonl: finite numbers by name. `environmentSteps` places it in the run, or `steps` where that is
 * another number; `wallSeconds`, where present, is the time since the run began, as its caller measured it.
 */
export interface MetricsRecord {
  readonly environmentSteps: number;
  readonly [metric: string]: number;
}

/** The record as its line, newline included. @throws Error naming the metric that is not a finite number */
export function encodeMetrics(record: MetricsRecord): Uint8Array {
  if (!Number.isSafeInteger(record.environmentSteps) || record.environmentSteps < 0) {
    throw new Error(
      `metrics need "environmentSteps", a non-negative integer, got ${record.environmentSteps}`,
    );
  }
  return Buffer.from(`${encodeJson(record, "")}\n`, "utf8");
}

/**
 * Where the record stands in the run, in the unit of checkpoints' steps: environment steps, unless the record names its
 * `steps`, as those of algorithms without an environment do.
 */
export function stepOfRecord(record: MetricsRecord): number {
  return record.steps ?? record.environmentSteps;
}

/** The record as an event for TensorBoard: every metric but those that place it on the axes. */
export function metricsEvent(record: MetricsRecord, startedAt: number): Uint8Array {
  const { environmentSteps, steps = environmentSteps, wallSeconds = 0, ...scalars } = record;
  return scalarEvent(steps, startedAt + wallSeconds, scalars);
}

/**
 * All records of a metrics.jsonl. A last line without its end, as a killed run can leave it, is left out.
 * @throws UserError when the file cannot be read or another line is not a record
 */
export function readMetrics(path: string): MetricsRecord[] {
  const lines = (readText(path) ?? "").split("\n").slice(0, -1);
  return lines.map((line, index) => {
    try {
      const record = JSON.parse(line) as unknown;
      if (isMetricsRecord(record)) return record;
    } catch {
      // Reported below.
    }
    throw new UserError(`${path}: line ${index + 1} is not a metrics record`);
  });
}

/** Whether the file exists and is whole: empty, or its last line has its end. */
export function endsWithLine(path: string): boolean {
  const text = readText(path);
  return text !== undefined && (text === "" || text.endsWith("\n"));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(path, "cannot be read", error);
  }
}

function isMetricsRecord(value: unknown): value is MetricsRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "environmentSteps" in value &&
    Object.values(value).every((metric) => typeof metric === "number")
  );
}
