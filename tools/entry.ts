import { describeFailure } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

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
