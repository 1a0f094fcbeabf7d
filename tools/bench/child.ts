import { spawn } from "node:child_process";

/** How a child process ended. `stdout` and `stderr` are the last part of what it printed. */
export type ChildResult =
  | {
      readonly ended: "exit";
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly ended: "timeout"; readonly stdout: string; readonly stderr: string }
  | { readonly ended: "not-started"; readonly reason: string };

/** Characters of each stream that are kept: enough for a result line, and no program can fill our memory. */
const KEPT = 65_536;

/**
 * Runs a program to its end, without a shell and without input. Never rejects: how it ended is the result.
 *
 * The child leads a process group of its own, so that its end, a time-out, or an interrupt of this process also ends
 * what it started (a compiler, a pool of workers).
 * @param timeoutSeconds after which the whole group is killed
 */
export function runChild(
  command: string,
  args: readonly string[],
  timeoutSeconds: number,
  environment: NodeJS.ProcessEnv,
): Promise<ChildResult> {
  return new Promise((resolve) => {
    const grouped = process.platform !== "win32";
    const child = spawn(command, args, {
      detached: grouped,
      stdio: ["ignore", "pipe", "pipe"],
      env: environment,
    });
    let stdout = "";
    let stderr = "";
    let timedOut = false;

    const killGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        if (grouped) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // The group is gone already.
      }
    };
    const onInterrupt = (signal: NodeJS.Signals): void => {
      killGroup();
      release();
      process.kill(process.pid, signal);
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup();
    }, timeoutSeconds * 1000);
    const release = (): void => {
      clearTimeout(timer);
      process.removeListener("SIGINT", onInterrupt);
      process.removeListener("SIGTERM", onInterrupt);
    };
    process.once("SIGINT", onInterrupt);
    process.once("SIGTERM", onInterrupt);

    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout = (stdout + text).slice(-KEPT)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-KEPT)));
    child.on("error", (error: NodeJS.ErrnoException) => {
      release();
      resolve({ ended: "not-started", reason: error.code === "ENOENT" ? "not found" : error.message });
    });
    child.on("exit", () => {
      release();
      killGroup();
      // Something that left the group may still hold the pipes open; its output is not the program's.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 1000).unref();
    });
    child.on("close", (code, signal) => {
      resolve(
        timedOut ? { ended: "timeout", stdout, stderr } : { ended: "exit", code, signal, stdout, stderr },
      );
    });
  });
}

/** In one line, why a child that did not exit with 0 failed; undefined when it succeeded. */
export function failureOf(result: ChildResult, timeoutSeconds: number): string | undefined {
  switch (result.ended) {
    case "not-started":
      return result.reason;
    case "timeout":
      return `no result within ${timeoutSeconds} s`;
    case "exit": {
      if (result.code === 0) return undefined;
      const how = result.signal === null ? `exit code ${String(result.code)}` : `killed by ${result.signal}`;
      const complaint = lastLine(result.stderr);
      return complaint === undefined ? how : `${how}: ${complaint}`;
    }
  }
}

/** The last line that is not blank, without surrounding space. */
export function lastLine(text: string): string | undefined {
  return text.trimEnd().split("\n").at(-1)?.trim() || undefined;
}
