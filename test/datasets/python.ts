import { spawnSync } from "node:child_process";

/** Interpreters to look for a module in: the one of MOTIVE_PYTHON, then what the search path has. */
const interpreters = [process.env.MOTIVE_PYTHON, "python3", "python"].filter((name) => name !== undefined);

/**
 * An interpreter that has a module; undefined where none does. Tests that need one say so in their names, so that a run
 * without it shows what it left out.
 */
export function pythonWith(module: string): string | undefined {
  return interpreters.find((name) => spawnSync(name, ["-c", `import ${module}`]).status === 0);
}

/** What a program prints, as JSON; anything on standard error fails the test. */
export function runPython(python: string, program: string, ...words: string[]): unknown {
  const result = spawnSync(python, ["-W", "error", "-c", program, ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.stderr !== "" || result.status !== 0) throw new Error(`Python failed: ${result.stderr}`);
  return JSON.parse(result.stdout);
}
