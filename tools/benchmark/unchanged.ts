import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { readRun } from "../../src/runs/index.ts";
import { inputPath, runFolder, type PlannedRun } from "./plan.ts";

/** Flat: dotted paths of an object's values, as JSON. */
function values(object: unknown, prefix = ""): [path: string, value: string][] {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return [[prefix, JSON.stringify(object)]];
  return Object.entries(object).flatMap(([key, value]) => values(value, prefix === "" ? key : `${prefix}.${key}`));
}

const flagOfInput: Readonly<Record<string, string>> = { demonstrations: "demos" };

/** The inputs of a run's config.json, by flag: the files' paths. */
function keptInputs(inputs: unknown): Record<string, string> {
  const entries = Object.entries((inputs ?? {}) as Record<string, { file?: string }>);
  return Object.fromEntries(entries.map(([name, { file = "" }]) => [flagOfInput[name] ?? name, file]));
}

/**
 * Refuses a run's directory that is of another run than the suite now has under its name.
 * @throws UserError that says what differs
 */
export function checkUnchanged(directory: string, run: PlannedRun): void {
  const folder = join(directory, runFolder(run.id));
  const { manifest } = readRun(folder);
  const files = keptInputs(manifest.inputs);
  const kept = new Map([
    ...values({ agent: manifest.agent, environment: manifest.environment, seed: manifest.seed, preset: manifest.preset }),
    ...values(manifest.config),
    ...Object.entries(files),
    ...(run.evaluateEvery === undefined ? [] : values({ evaluateEvery: manifest.evaluateEvery })),
  ]);
  const { agent, environment, seed, preset, evaluateEvery } = run;
  const inputs = Object.entries(run.inputs).map(([flag, input]): [string, string] => {
    const path = inputPath(input);
    // A run is named by its directory, what is taken from it is a file in there.
    return [flag, input.kind === "run" && files[flag]?.startsWith(`${path}/`) ? files[flag] : path];
  });
  const asked = new Map([
    ...values({ agent, environment, seed, preset }),
    ...values(JSON.parse(JSON.stringify(run.config))),
    ...inputs,
    ...(evaluateEvery === undefined ? [] : values({ evaluateEvery })),
  ]);
  for (const path of new Set([...kept.keys(), ...asked.keys()])) {
    const [is, should] = [kept.get(path), asked.get(path)];
    if (is === should) continue;
    throw new UserError(
      `${folder}: was started otherwise: ${path} is ${is ?? "not there"}, the suite has ${should ?? "nothing"}; choose another --out, or remove this run`,
    );
  }
}
