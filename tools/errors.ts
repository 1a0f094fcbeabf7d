import { CommanderError } from "commander";
import { UserError } from "../src/errors.ts";

/** A mistake on the command line itself: an unknown name, a value of the wrong type, flags that contradict. Exit code 2. */
export class UsageError extends UserError {}

/** What a failed command leaves behind: lines for standard error and an exit code. */
export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/**
 * Turns whatever a command threw into what its user sees.
 * @param debug keep the stack trace of an error that is not the user's
 */
export function describeFailure(error: unknown, debug: boolean): Failure {
  if (error instanceof CommanderError) {
    // Commander has already printed its message (or the help text, which is no failure).
    return { message: "", exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  if (error instanceof UsageError) return { message: `motive: ${error.message}`, exitCode: 2 };
  if (error instanceof UserError) return { message: `motive: ${error.message}`, exitCode: 1 };
  if (debug) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { message: `motive: unexpected error\n${stack}`, exitCode: 70 };
  }
  const line = (error instanceof Error ? error.message : String(error)).split("\n")[0];
  return {
    message: `motive: unexpected error: ${line} (please report it, with the output of the same command and --debug)`,
    exitCode: 70,
  };
}
