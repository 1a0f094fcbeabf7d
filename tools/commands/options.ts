import { InvalidArgumentError } from "commander";

/** Reads an integer of at least `minimum` from the command line. */
export function integerFrom(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d\d*(e\d+)?$/i.test(text) || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`Expected an integer of at least ${minimum}.`);
    }
    return value;
  };
}

/** Gathers the values of an option that may be given several times. */
export function gather(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** An example at the end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\n${lines.length > 1 ? "Examples" : "Example"}:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}
