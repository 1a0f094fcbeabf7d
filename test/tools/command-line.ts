import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { runCommandLine } from "../../tools/program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The built program, as `npx motive` runs it. */
export const program = join(root, "dist", "tools", "motive.js");

export const fixture = (name: string) => join(root, "test", "fixtures", name);

/** A folder that is removed when the test file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "motive-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `motive …words` in a folder to its end. */
export function motive(folder: string, ...words: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

/** Runs `motive …words`, which has to succeed, and reads the last line that it prints. */
export function motiveJson(folder: string, ...words: string[]): unknown {
  const { code, stdout, stderr } = motive(folder, ...words, "--json");
  if (code !== 0) throw new Error(`motive ${words.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** What `motive …words`, which has to succeed, prints; from the sources, in this process, which is faster. */
export async function printed(...words: string[]): Promise<string> {
  let text = "";
  const stdout = { write: (part: string) => (text += part) };
  const code = await runCommandLine({ stdout, stderr: process.stderr }, words);
  if (code !== 0) throw new Error(`motive ${words.join(" ")} ended with ${code}`);
  return text;
}

/** Starts `motive …words` and goes on. */
export function start(folder: string, ...words: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...words], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
}

/** The exit of a started program: its code, or the signal that ended it. */
export function ending(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
}

/** All of a file's bytes. */
export const bytes = (...path: string[]) => readFileSync(join(...path));

/** A run's metrics without what the clock says. */
export function metricsOf(run: string): Record<string, number>[] {
  return readFileSync(join(run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as Record<string, number>), wallSeconds: 0 }));
}
