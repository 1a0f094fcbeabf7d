import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { fileError, partialSuffix } from "./atomic-file.ts";

/** Who holds a lock. `started` tells a process from a later one that got the same id, where the system says it. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly started: string;
}

/** Locks that this process holds: a second one in the same process must be refused too. */
const held = new Set<string>();

/** An identity of a process over reboots and reuse of ids: boot and start time from /proc, empty elsewhere. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The second field, the program's name, may hold spaces and parentheses; start time is the 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return "";
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return holder.started === "" || holder.started === startOf(holder.pid);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, started } = JSON.parse(text) as Partial<Holder>;
    if (typeof pid === "number" && typeof host === "string" && typeof started === "string")
      return { pid, host, started };
  } catch {
    // A file that no process of ours wrote completely.
  }
  return undefined;
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Takes the lock of a run directory. The lock of a process that no longer lives is taken over.
 *
 * @returns a function that gives the lock back
 * @throws UserError when another live process holds it, or the directory cannot be written
 */
export function acquireLock(directory: string): () => void {
  let path = join(directory, "lock");
  const mine = `${JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) })}\n`;
  const temporary = join(directory, `.lock.${process.pid}${partialSuffix}`);
  try {
    path = join(realpathSync(directory), "lock");
    // The content is complete before the name exists: nobody reads a half-written lock.
    writeFileSync(temporary, mine);
    for (let attempt = 0; ; attempt++) {
      try {
        linkSync(temporary, path);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      refuseIfHeld(directory, path, mine, attempt);
    }
  } catch (error) {
    throw fileError(directory, "cannot be written", error);
  } finally {
    rmSync(temporary, { force: true });
  }
  held.add(path);
  return () => {
    if (!held.delete(path)) return;
    if (readLock(path) === mine) rmSync(path, { force: true });
  };
}

/**
 * Whether a process has the lock of a run directory, as far as this machine can tell: one on another machine counts as
 * alive, and so does one whose lock cannot be read.
 */
export function isLocked(directory: string): boolean {
  const path = join(directory, "lock");
  const text = readLock(path);
  if (text === undefined) return false;
  const holder = parseHolder(text);
  return holder === undefined || holder.host !== hostname() || isAlive(holder);
}

/** Throws when the lock has a live holder, otherwise moves the stale lock out of the way. */
function refuseIfHeld(directory: string, path: string, mine: string, attempt: number): void {
  const text = readLock(path);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder !== undefined && holder.host !== hostname()) {
    throw new UserError(
      `${directory}: in use by process ${holder.pid} on ${holder.host}; if that no longer runs, remove ${join(directory, "lock")}`,
    );
  }
  const live = holder !== undefined && (text === mine ? held.has(path) : isAlive(holder));
  if (live || attempt > 10)
    throw new UserError(`${directory}: in use by process ${holder?.pid ?? "unknown"}`);
  const aside = join(directory, `.lock.stale.${process.pid}${partialSuffix}`);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  // Another process may have taken the stale lock over between the reading and the renaming: give its lock back.
  if (readLock(aside) !== text) linkSync(aside, path);
  rmSync(aside, { force: true });
}
