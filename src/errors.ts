/**
 * A mistake in what the user gave: a file, a flag, an id, a shape, a value. The message is one line that says what is
 * wrong, where, and what would be right; command line programs print it alone, without a stack trace.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}
