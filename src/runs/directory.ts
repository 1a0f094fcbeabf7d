import { existsSync, readdirSync, readFileSync, rmSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import {
  createDirectory,
  fileError,
  openRecordFile,
  partialSuffix,
  type RecordFile,
  writeFileAtomically,
  writeTextAtomically,
} from "./atomic-file.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { encodeJson } from "./json.ts";
import { acquireLock } from "./lock.ts";
import { encodeMetrics, endsWithLine, metricsEvent, type MetricsRecord, readMetrics, stepOfRecord } from "./metrics.ts";
import type { Json, Snapshot } from "./snapshot.ts";
import { eventFileHeader } from "./tensorboard.ts";

/** Version of the layout of run directories and of everything in them. */
export const runFormatVersion = 1;

const keptCheckpoints = 2;

const manifestSchema = z.looseObject({
  agent: z.string(),
  environment: z.string(),
  seed: z.number(),
  config: z.custom<Json>((value) => value !== undefined),
  versions: z.record(z.string(), z.string()),
  command: z.string(),
  startedAt: z.number().optional(),
});

/** Everything that decides a run, as config.json holds it; more fields may be added. */
export interface RunManifest {
  readonly agent: string;
  readonly environment: string;
  readonly seed: number;
  /** The resolved configuration, every default filled in. */
  readonly config: Json;
  /** Of motive, Node and the libraries that results depend on. */
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  /** Seconds since 1970; places the run on TensorBoard's wall-clock axis and has no other effect. */
  readonly startedAt?: number;
  readonly [field: string]: Json | undefined;
}

export interface LoadedCheckpoint {
  /** The run's step at which it was taken: environment steps, or gradient steps where there is no environment. */
  readonly step: number;
  readonly path: string;
  readonly snapshot: Snapshot;
  /** One line for each newer checkpoint that could not be read. */
  readonly warnings: readonly string[];
}

/** A run directory to read from; it may belong to a run in progress. */
export interface RunReader {
  readonly directory: string;
  readonly manifest: RunManifest;
  metrics(): MetricsRecord[];
  /**
   * The newest checkpoint that is whole, or undefined when none was written yet.
   * @throws UserError when there are checkpoints but none can be read
   */
  latestCheckpoint(): LoadedCheckpoint | undefined;
  /** What {@link Run.writeResult} wrote, or undefined for an unfinished run. */
  result(): Json | undefined;
}

/** A run directory that this process alone writes to, until `close`. All failures to write are UserErrors. */
export interface Run extends RunReader {
  /** Adds a record to metrics.jsonl and to the TensorBoard events. Comes before the checkpoint of the same step. */
  appendMetrics(record: MetricsRecord): void;
  /** Writes a checkpoint atomically, then removes all but the newest two. A failure leaves the older ones untouched. */
  saveCheckpoint(step: number, snapshot: Snapshot): void;
  /**
   * Makes the directory that of a run which has just reached a step: later metrics, events and checkpoints, and the
   * result, disappear. Without a step the run starts over.
   */
  resumeAt(step: number | undefined): void;
  writeResult(result: Json): void;
  /** Gives the lock back. */
  close(): void;
}

const eventsName = "events.out.tfevents.0000000000.motive";

/**
 * Makes a run directory in a directory that is missing or empty, and takes its lock.
 * @throws UserError when the path is a file, a run, another directory with content, or cannot be written
 */
export function createRun(directory: string, manifest: RunManifest): Run {
  const stat = statOf(directory);
  if (stat !== undefined && !stat.isDirectory())
    throw new UserError(`${directory}: is a file, expected a directory`);
  if (stat !== undefined) {
    if (existsSync(join(directory, "config.json"))) throw new UserError(`${directory}: already holds a run`);
    // What a run leaves that was killed before its config.json was there is no content.
    const names = listDirectory(directory).filter(
      (name) =>
        name !== "lock" &&
        !name.endsWith(partialSuffix) &&
        !(name === "checkpoints" && isEmptyDirectory(join(directory, name))),
    );
    if (names.length > 0)
      throw new UserError(`${directory}: is not empty and not a run; choose another directory`);
  }
  const fields = Object.entries(manifest).filter((field): field is [string, Json] => field[1] !== undefined);
  const text = formatJson({ formatVersion: runFormatVersion, ...Object.fromEntries(fields) });
  const created = createDirectory(directory);
  let release: () => void;
  try {
    release = acquireLock(directory);
  } catch (error) {
    if (created !== undefined) removeEmpty(directory, created);
    throw error;
  }
  const configPath = join(directory, "config.json");
  if (existsSync(configPath)) {
    release();
    throw new UserError(`${directory}: already holds a run`);
  }
  try {
    createDirectory(join(directory, "checkpoints"));
    writeTextAtomically(configPath, text);
    return writableRun(directory, manifest, release);
  } catch (error) {
    // A run that could not begin leaves nothing behind.
    for (const name of ["config.json", "metrics.jsonl", eventsName])
      rmSync(join(directory, name), { force: true });
    removeIfEmpty(join(directory, "checkpoints"));
    release();
    if (created !== undefined) removeEmpty(directory, created);
    throw error;
  }
}

/**
 * Opens a run directory for writing and takes its lock; unfinished temporary files of a killed process are removed.
 * @throws UserError when it is not a run directory, is of another format version, in use or cannot be written
 */
export function openRun(directory: string): Run {
  const manifest = readManifest(directory);
  const release = acquireLock(directory);
  try {
    createDirectory(join(directory, "checkpoints"));
    for (const folder of [directory, join(directory, "checkpoints")]) {
      const partial = listDirectory(folder).filter(
        (name) => name.startsWith(".") && name.endsWith(partialSuffix),
      );
      for (const name of partial) rmSync(join(folder, name), { force: true });
    }
    return writableRun(directory, manifest, release);
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Opens a run directory for reading only, without its lock.
 * @throws UserError when it is not a run directory or is of another format version
 */
export function readRun(directory: string): RunReader {
  return reader(directory, readManifest(directory));
}

function reader(directory: string, manifest: RunManifest): RunReader {
  return {
    directory,
    manifest,
    metrics: () => readMetrics(join(directory, "metrics.jsonl")),
    latestCheckpoint: () => latestCheckpoint(directory),
    result: () => readJson(join(directory, "result.json")),
  };
}

function writableRun(directory: string, manifest: RunManifest, release: () => void): Run {
  const metricsPath = join(directory, "metrics.jsonl");
  const eventsPath = join(directory, eventsName);
  const startedAt = manifest.startedAt ?? 0;
  let metrics: RecordFile | undefined;
  let events: RecordFile | undefined;
  let open = true;

  const closeFiles = (): void => {
    metrics?.close();
    events?.close();
    metrics = events = undefined;
  };
  const requireOpen = (): void => {
    if (!open) throw new Error(`the run in ${directory} is closed`);
  };
  /** Rewrites both records of the metrics; the events follow from metrics.jsonl, so the two never disagree. */
  const rewrite = (records: readonly MetricsRecord[]): void => {
    closeFiles();
    writeFileAtomically(metricsPath, (sink) =>
      records.forEach((record) => sink.append(encodeMetrics(record))),
    );
    writeFileAtomically(eventsPath, (sink) => {
      sink.append(eventFileHeader(startedAt));
      records.forEach((record) => sink.append(metricsEvent(record, startedAt)));
    });
  };
  // Missing in a new run; a killed one can leave half a line, which the next record must not continue.
  if (!existsSync(eventsPath) || !endsWithLine(metricsPath)) rewrite(readMetrics(metricsPath));

  return {
    ...reader(directory, manifest),
    appendMetrics(record) {
      requireOpen();
      metrics ??= openRecordFile(metricsPath);
      events ??= openRecordFile(eventsPath);
      metrics.append(encodeMetrics(record));
      events.append(metricsEvent(record, startedAt));
    },
    saveCheckpoint(step, snapshot) {
      requireOpen();
      if (!Number.isSafeInteger(step) || step < 0)
        throw new Error(`a checkpoint cannot be taken at step ${step}`);
      writeCheckpoint(checkpointPath(directory, step), snapshot);
      const older = listCheckpoints(directory).slice(keptCheckpoints);
      for (const name of older) rmSync(join(directory, "checkpoints", name), { force: true });
    },
    resumeAt(step = -1) {
      requireOpen();
      rewrite(readMetrics(metricsPath).filter((record) => stepOfRecord(record) <= step));
      const later = listCheckpoints(directory).filter((name) => stepOf(name) > step);
      for (const name of later) rmSync(join(directory, "checkpoints", name), { force: true });
      rmSync(join(directory, "result.json"), { force: true });
    },
    writeResult(result) {
      requireOpen();
      writeTextAtomically(join(directory, "result.json"), formatJson(result));
    },
    close() {
      if (!open) return;
      open = false;
      closeFiles();
      release();
    },
  };
}

function readManifest(directory: string): RunManifest {
  const stat = statOf(directory);
  if (stat === undefined) throw new UserError(`${directory}: no such run directory`);
  if (!stat.isDirectory()) throw new UserError(`${directory}: is a file, expected a run directory`);
  const path = join(directory, "config.json");
  const content = readJson(path);
  if (content === undefined)
    throw new UserError(`${directory}: is not a run directory: it has no config.json`);
  const { formatVersion, ...fields } = z.looseObject({}).catch({}).parse(content) as Record<string, unknown>;
  if (formatVersion === undefined)
    throw new UserError(`${path}: is not that of a run: it has no formatVersion`);
  if (formatVersion !== runFormatVersion) {
    throw new UserError(
      `${directory}: was written by motive run format ${JSON.stringify(formatVersion)}, this version reads ${runFormatVersion}`,
    );
  }
  const parsed = manifestSchema.safeParse(fields);
  if (parsed.success) return parsed.data as RunManifest;
  const issue = parsed.error.issues[0];
  throw new UserError(`${path}: "${issue.path.join(".")}": ${issue.message}`);
}

const checkpointPath = (directory: string, step: number): string =>
  join(directory, "checkpoints", `step-${String(step).padStart(12, "0")}.safetensors`);

const stepOf = (name: string): number => Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? NaN);

/** Names of the checkpoints, newest first. */
function listCheckpoints(directory: string): string[] {
  const folder = join(directory, "checkpoints");
  const names = statOf(folder) === undefined ? [] : listDirectory(folder);
  return names.filter((name) => !Number.isNaN(stepOf(name))).sort((a, b) => stepOf(b) - stepOf(a));
}

function latestCheckpoint(directory: string): LoadedCheckpoint | undefined {
  const warnings: string[] = [];
  for (const name of listCheckpoints(directory)) {
    const path = join(directory, "checkpoints", name);
    try {
      return { step: stepOf(name), path, snapshot: readCheckpoint(path), warnings };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      warnings.push(error.message);
    }
  }
  if (warnings.length > 0)
    throw new UserError(`${directory}: no checkpoint can be read: ${warnings.join("; ")}`);
  return undefined;
}

/** Indented, for people. @throws Error for what JSON cannot hold */
function formatJson(value: Json): string {
  encodeJson(value, "");
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function readJson(path: string): Json | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(path, "cannot be read", error);
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new UserError(`${path}: is not JSON`);
  }
}

function statOf(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
}

function isEmptyDirectory(path: string): boolean {
  return statOf(path)?.isDirectory() === true && listDirectory(path).length === 0;
}

/** Removes what {@link createDirectory} created, as long as it is empty. */
function removeEmpty(directory: string, topmost: string): void {
  for (let path = resolve(directory); path.startsWith(topmost); path = dirname(path)) removeIfEmpty(path);
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It holds something, or never existed.
  }
}
