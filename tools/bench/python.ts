import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { failureOf, lastLine, runChild } from "./child.ts";

export interface PythonOptions {
  /** Interpreter, or a virtual environment's directory. Default: `python3`, then `python`, from the search path. */
  readonly python?: string;
  /** The core to run on. Default: the last one that this process may use. */
  readonly core?: number;
  /** After which one program is given up. */
  readonly timeoutSeconds: number;
}

/** What a program printed, or in one line why it failed. */
export type Outcome = { readonly output: string } | { readonly reason: string };

/** A Python whose programs run on one thread each, all on one core. */
export interface Python {
  run(args: readonly string[]): Promise<Outcome>;
  /** Undefined where `taskset` is missing. */
  readonly core: number | undefined;
}

/** Whatever the user's environment asks for. */
const singleThread = {
  OMP_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  VECLIB_MAXIMUM_THREADS: "1",
};

/**
 * Finds Python; undefined where there is none.
 * @throws UserError when an interpreter that was asked for by name cannot be used
 */
export async function openPython({ timeoutSeconds, ...options }: PythonOptions): Promise<Python | undefined> {
  const environment = { ...process.env, ...singleThread };
  const python = await findPython(options.python, timeoutSeconds, environment);
  if (python === undefined) return undefined;
  const core = options.core ?? lastAllowedCore();
  const pinned = await canPin(core);
  return {
    core: pinned ? core : undefined,
    async run(args) {
      const line = [...(pinned ? ["taskset", "-c", String(core)] : []), python, ...args];
      const result = await runChild(line[0], line.slice(1), timeoutSeconds, environment);
      const reason = failureOf(result, timeoutSeconds);
      return reason === undefined && result.ended === "exit"
        ? { output: result.stdout }
        : { reason: reason ?? "failed" };
    },
  };
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The first interpreter that is Python 3; undefined when none is and none was asked for. @throws UserError */
async function findPython(
  asked: string | undefined,
  timeoutSeconds: number,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const inside = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const named = asked !== undefined && isDirectory(asked) ? join(asked, inside) : asked;
  for (const candidate of named === undefined ? ["python3", "python"] : [named]) {
    const question = ["-c", "import sys; print(sys.version_info[0])"];
    const result = await runChild(candidate, question, timeoutSeconds, environment);
    const reason = failureOf(result, timeoutSeconds);
    if (reason === undefined && result.ended === "exit" && lastLine(result.stdout) === "3") return candidate;
    if (asked !== undefined) {
      const expected = "--python expects a Python 3 interpreter or a virtual environment";
      throw new UserError(`${candidate}: ${reason ?? "is not Python 3"}; ${expected}`);
    }
  }
  return undefined;
}

async function canPin(core: number): Promise<boolean> {
  const result = await runChild(
    "taskset",
    ["-c", String(core), process.execPath, "--version"],
    30,
    process.env,
  );
  return failureOf(result, 30) === undefined;
}

/** Linux lists the cores that a process may use as "0-3,8"; elsewhere nothing can be pinned and the number is unused. */
function lastAllowedCore(): number {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return Number(/\d+$/.exec(list ?? "")?.[0] ?? 0);
  } catch {
    return 0;
  }
}
