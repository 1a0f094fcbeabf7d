import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { createDirectory, partialSuffix, writeTextAtomically } from "../../src/runs/atomic-file.ts";
import { acquireLock } from "../../src/runs/lock.ts";
import { readJson } from "../files.ts";
import { version } from "../project.ts";
import { checkSuite, suiteSchema, type Suite } from "./suite.ts";
import { suitePresets, type SuitePreset } from "./presets.ts";

/** What a benchmark's directory is of: read by `status` and `report`; the runs themselves say how far they are. */
export interface BenchmarkFacts {
  readonly suite: Suite;
  readonly preset: SuitePreset;
  /** The most seeds that were ever asked for. */
  readonly seeds: number;
}

const fileName = "benchmark.json";
const formatVersion = 1;
const folders = ["datasets", "references", "runs", "logs"];

const factsSchema = z.object({
  formatVersion: z.literal(formatVersion),
  preset: z.enum(suitePresets),
  seeds: z.int().positive(),
  /** Where the suite's relative paths begin. */
  folder: z.string(),
  suite: suiteSchema,
});

/** Reads what a directory is of. @throws UserError when it is no benchmark's */
export function readBenchmark(directory: string): BenchmarkFacts {
  const path = join(directory, fileName);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(`${directory}: no such benchmark directory`);
  if (!existsSync(path)) throw new UserError(`${directory}: is not a benchmark's directory: it has no ${fileName}`);
  const given = readJson(path);
  const parsed = factsSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${path}: "${issue.path.join(".")}": ${issue.message}`);
  }
  const { preset, seeds, folder, suite } = parsed.data;
  return { suite: checkSuite(suite, path, folder), preset, seeds };
}

/** Refuses to put a benchmark where something else is, or one of another suite or preset. @throws UserError */
function checkPlace(directory: string, { suite, preset }: BenchmarkFacts): BenchmarkFacts | undefined {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) throw new UserError(`${directory}: is a file, expected a directory`);
  if (!existsSync(join(directory, fileName))) {
    const names = readdirSync(directory).filter((name) => name !== "lock" && !name.endsWith(partialSuffix));
    if (names.length === 0) return undefined;
    const what = names.includes("config.json") ? "is a run's directory" : "is not empty and not a benchmark's";
    throw new UserError(`${directory}: ${what}; choose another with --out`);
  }
  const kept = readBenchmark(directory);
  const [is, asked] = [kept.suite.definition.name, suite.definition.name];
  if (is !== asked) throw new UserError(`${directory}: holds the suite ${is}, not ${asked}; choose another with --out`);
  if (kept.preset !== preset)
    throw new UserError(`${directory}: holds preset ${kept.preset} of ${is}, not ${preset}; choose another with --out`);
  return kept;
}

/**
 * Makes the directory of a benchmark, or opens the one of the same suite and preset, and takes its lock.
 * @returns what gives the lock back
 * @throws UserError when another process has it, or when something else is there
 */
export function openBenchmark(directory: string, facts: BenchmarkFacts): () => void {
  checkPlace(directory, facts);
  createDirectory(directory);
  const release = acquireLock(directory);
  try {
    // Again, as another process may have begun in the meantime.
    const kept = checkPlace(directory, facts);
    for (const name of folders) createDirectory(join(directory, name));
    for (const name of readdirSync(directory)) if (name.endsWith(partialSuffix)) rmSync(join(directory, name), { force: true });
    const { suite, preset } = facts;
    const seeds = Math.max(facts.seeds, kept?.seeds ?? 1);
    const text = `${JSON.stringify({ formatVersion, version, preset, seeds, folder: suite.folder, suite: suite.definition }, undefined, 2)}\n`;
    const path = join(directory, fileName);
    if (kept === undefined || readFileSync(path, "utf8") !== text) writeTextAtomically(path, text);
    return release;
  } catch (error) {
    release();
    throw error;
  }
}
