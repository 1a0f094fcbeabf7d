import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { suggestion } from "../nearest.ts";
import { suitePresets, type SuitePreset } from "./presets.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
type Scalar = z.output<typeof scalar>;

/** A value, or one for each preset; where a preset has none, what is made of the variable is left out. */
const variableSchema = z.union([scalar, z.partialRecord(z.enum(suitePresets), scalar)], {
  error: `expected a string, a number, a boolean, or an object with ${suitePresets.join(", ")}`,
});
export const variablesSchema = z.record(
  z.string().regex(/^[a-zA-Z]\w*$/, "expected a name of letters and digits"),
  variableSchema,
);

export const publishedSchema = z.union([z.number(), z.tuple([z.number(), z.number().nonnegative()])], {
  error: "expected a number, or [mean, standard deviation]",
});

const inputSchema = z.union([z.string(), z.strictObject({ run: z.string() })], {
  error: 'expected the name of a generated set, the path of a file, or {"run": a name of this suite}',
});

/** The inputs that a run can be given, by the flag of `motive train`. */
export const inputFlags = ["demos", "networks", "dataset", "model", "reward"] as const;
export type InputFlag = (typeof inputFlags)[number];

/** What `motive train` is started with. Strings may hold a row's variables in braces, as in `{robot}-medium-v5`. */
export const runTemplateSchema = z.strictObject({
  agent: z.string(),
  environment: z.string().default("{environment}"),
  preset: z.string().default("{preset}"),
  steps: z.union([z.int().positive(), z.string()], { error: "expected a positive integer or a variable" }).optional(),
  set: z.record(z.string(), z.union([scalar, z.null(), z.array(scalar)])).default({}),
  demos: inputSchema.optional(),
  networks: inputSchema.optional(),
  dataset: inputSchema.optional(),
  model: inputSchema.optional(),
  reward: inputSchema.optional(),
  evaluateEvery: z
    .union([z.int().nonnegative(), z.string()], { error: "expected an integer of at least 0 or a variable" })
    .optional(),
  /** What tells the run's record from others of the same agent, such as `reward-transfer`. */
  setting: z.string().optional(),
  /** What the record says instead of the run's own, where the run serves another algorithm. */
  recordedAs: z
    .strictObject({
      agent: z.string().optional(),
      rewardInput: z.string().optional(),
      trajectories: z.union([z.int().positive(), z.string()]).optional(),
    })
    .optional(),
});

export type RunTemplate = z.output<typeof runTemplateSchema>;

/** A row's variables under a preset; undefined where the preset has no value. */
export type Variables = Readonly<Record<string, Scalar | undefined>>;

/** Variables as they are under a preset. */
export function variablesOf(definitions: z.output<typeof variablesSchema>, preset: SuitePreset): Variables {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, value]) => [name, typeof value === "object" ? value[preset] : value]),
  );
}

/**
 * A template's value with its variables filled in. A string that is one variable alone becomes its value, number or
 * boolean included; one with a variable that has no value under the preset becomes undefined.
 * @param place of the value in the suite, for messages
 * @throws UserError for a variable that the row does not have
 */
export function fill(value: unknown, variables: Variables, place: string): unknown {
  if (typeof value === "string") return fillText(value, variables, place);
  if (Array.isArray(value)) return value.map((item) => fill(item, variables, place));
  if (typeof value !== "object" || value === null) return value;
  const filled = Object.entries(value).map(([key, inner]) => [key, fill(inner, variables, `${place}.${key}`)] as const);
  return Object.fromEntries(filled.filter(([, inner]) => inner !== undefined));
}

function fillText(text: string, variables: Variables, place: string): Scalar | undefined {
  const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  for (const name of names) {
    if (!Object.hasOwn(variables, name))
      throw new UserError(`"${place}": no variable "${name}"${suggestion(name, Object.keys(variables))}`);
    if (variables[name] === undefined) return undefined;
  }
  if (names.length === 1 && text === `{${names[0]}}`) return variables[names[0]];
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(variables[name]));
}

/** A value as `--set` reads it. */
export const optionText = (value: RunTemplate["set"][string]): string =>
  Array.isArray(value) ? value.join(",") : String(value);
