import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../../src/random/index.ts";
import { ending, motive, program } from "../command-line.ts";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const words = (suite: string, out: string) => ["benchmark", suite, "--preset", "smoke", "--out", out, "--workers", "2", "--checkpoint-interval", "500"];

/** The records of a finished benchmark, without what the clock says. */
export function recordsOf(folder: string, out: string): unknown[] {
  const reported = motive(folder, "benchmark", "report", out);
  if (reported.code !== 0) throw new Error(reported.stderr);
  const records = JSON.parse(readFileSync(join(folder, out, "records.json"), "utf8")) as object[];
  return records.map((record) => ({ ...record, wallSeconds: 0 }));
}

/** Bytes of all metrics so far: what a benchmark has done. */
function bytesDone(runs: string): number {
  if (!existsSync(runs)) return 0;
  const sizes = readdirSync(runs).map((name) => statSync(join(runs, name, "metrics.jsonl"), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The processes that hold a run's lock. */
function runProcesses(runs: string): number[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((name) => {
    try {
      return [(JSON.parse(readFileSync(join(runs, name, "lock"), "utf8")) as { pid: number }).pid];
    } catch {
      return [];
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

export interface KillCounts {
  /** Of the benchmark with all its processes, of the benchmark alone, of single runs. */
  readonly group: number;
  readonly parent: number;
  readonly run: number;
  /** Exit code of the start that nobody disturbed. */
  readonly code: number | NodeJS.Signals | null;
}

/** Runs a benchmark, kills it or one of its runs with SIGKILL at so many random moments, and then lets it end. */
export async function benchmarkWithKills(folder: string, suite: string, out: string, kills: number, seed: number): Promise<KillCounts> {
  const random = createRandom(seed);
  const runs = join(folder, out, "runs");
  const counts = { group: 0, parent: 0, run: 0 };
  let current: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const startAgain = (): number => {
    current = spawn(process.execPath, [program, ...words(suite, out)], { cwd: folder, stdio: "ignore", detached: true });
    ended = ending(current);
    return current.pid ?? 0;
  };
  for (let k = 0; k < kills; k++) {
    const pid = current?.exitCode === null && current.signalCode === null && current.pid !== undefined ? current.pid : startAgain();
    // Some moment of the next few records, or of the start where nothing is recorded for long.
    const goal = bytesDone(runs) + random.integer(1500);
    const until = performance.now() + 3000;
    while (bytesDone(runs) < goal && performance.now() < until) await sleep(20);
    await sleep(random.integer(50));
    const kind = (["group", "parent", "run"] as const)[random.integer(3)];
    counts[kind]++;
    if (kind === "run") {
      const processes = runProcesses(runs);
      if (processes.length > 0) kill(processes[random.integer(processes.length)]);
    } else {
      kill(kind === "group" ? -pid : pid);
      await ended;
      current = undefined;
    }
  }
  // The start that a killed run belonged to says that it failed; the one after it is not disturbed.
  await ended;
  startAgain();
  return { ...counts, code: (await ended) as number };
}

/** Runs a benchmark to its end. */
export const undisturbed = (folder: string, suite: string, out: string) => motive(folder, ...words(suite, out));
