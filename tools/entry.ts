import { describeFailure } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Has the end of standard input count as a SIGTERM. A program that starts this one holds the other end of its standard
 * input, and the system closes that however the program ends: so what it started does not go on unnoticed.
 */
function stopWithInput(): void {
  // It is meant for this process, not for those that this one starts.
  delete process.env.MOTIVE_STOP_WITH_INPUT;
  process.stdin.on("close", () => process.kill(process.pid, "SIGTERM"));
  process.stdin.on("error", () => undefined);
  process.stdin.resume();
  // Waiting for the input alone does not keep a program that is done.
  if ("unref" in process.stdin) process.stdin.unref();
}

/**
 * Runs a program of this project to its exit code: prints what went wrong as one line, and ends quietly when whoever
 * reads the output stops reading, as `head` does.
 */
export async function runProgram(
  program: (terminal: Terminal, words: readonly string[]) => Promise<number>,
): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(141);
      throw error;
    });
  }
  if (process.env.MOTIVE_STOP_WITH_INPUT === "1") stopWithInput();
  const words = process.argv.slice(2);
  const debug = words.includes("--debug") || process.env.MOTIVE_DEBUG === "1";
  try {
    process.exitCode = await program(process, words);
  } catch (error) {
    const { message, exitCode } = describeFailure(error, debug);
    if (message) process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
