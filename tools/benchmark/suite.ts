import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { UsageError } from "../errors.ts";
import { readJson } from "../files.ts";
import { suggestion } from "../nearest.ts";
import { publishedSchema, runTemplateSchema, variablesSchema } from "./templates.ts";

const rowSchema = z.strictObject({
  name: z.string().min(1),
  environment: z.string(),
  variables: variablesSchema.default({}),
  /** By column, or by the reference's name. */
  published: z.record(z.string(), publishedSchema).default({}),
  /** By column: what is run instead of the column's own template. */
  runs: z.record(z.string(), runTemplateSchema).default({}),
});

const columnSchema = z.strictObject({
  name: z.string().min(1),
  /** Absent for algorithms that this project does not have: only their published numbers are shown. */
  run: runTemplateSchema.optional(),
});

const referenceSchema = z.union(
  [
    z.strictObject({ name: z.string().default("expert"), policy: z.string() }),
    z.strictObject({ name: z.string(), column: z.string() }),
    z.strictObject({ name: z.string() }),
  ],
  { error: 'expected {"name", "policy"} or {"name", "column"}' },
);

export const suiteSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "expected lower-case letters, digits, dots and hyphens"),
  title: z.string(),
  /** Where the published numbers stand. */
  source: z.string().default(""),
  /** What the cells of a row are relative to: a policy that is measured, or another column. */
  reference: referenceSchema.default({ name: "expert" }),
  /** Of all rows; a row's own come before. */
  variables: variablesSchema.default({}),
  /** Runs that stand in no cell, but that others take something from. */
  runs: z.record(z.string(), runTemplateSchema).default({}),
  rows: z.array(rowSchema).min(1),
  columns: z.array(columnSchema).min(1),
});

export type SuiteDefinition = z.output<typeof suiteSchema>;
export type SuiteRow = SuiteDefinition["rows"][number];

/** A suite, and where its relative paths begin. */
export interface Suite {
  readonly definition: SuiteDefinition;
  /** For messages: the path of its file. */
  readonly file: string;
  readonly folder: string;
}

const packagedFolder = fileURLToPath(new URL("suites", import.meta.url));

/** The names of the suites that come with the project. */
export function packagedSuites(): string[] {
  return readdirSync(packagedFolder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** A suite by the name of a packaged one or by the path of its file. @throws UserError */
export function readSuite(nameOrPath: string): Suite {
  const names = packagedSuites();
  const packaged = names.includes(nameOrPath);
  if (!packaged && !existsSync(nameOrPath)) {
    if (/[\\/]|\.json$/.test(nameOrPath)) throw new UserError(`${nameOrPath}: no such suite file`);
    throw new UsageError(
      `unknown suite "${nameOrPath}"${suggestion(nameOrPath, names)} (or the path of a suite file)`,
    );
  }
  const file = packaged ? join(packagedFolder, `${nameOrPath}.json`) : nameOrPath;
  const given = readJson(file);
  return checkSuite(given, file, dirname(resolve(file)));
}

/** @throws UserError that names the file and the place in it */
export function checkSuite(given: unknown, file: string, folder: string): Suite {
  const parsed = suiteSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${file}: ${issue.path.length > 0 ? `"${issue.path.join(".")}": ` : ""}${issue.message}`);
  }
  const definition = parsed.data;
  checkNames(file, definition);
  return { definition, file, folder };
}

function checkNames(file: string, { rows, columns, runs, reference }: SuiteDefinition): void {
  const columnNames = columns.map(({ name }) => name);
  for (const [what, names] of [
    ["rows", rows.map(({ name }) => name)],
    ["columns", [...columnNames, ...Object.keys(runs)]],
  ] as const) {
    const repeated = names.find((name, i) => names.indexOf(name) < i);
    if (repeated !== undefined) throw new UserError(`${file}: "${what}": there are two of the name "${repeated}"`);
  }
  const known = (place: string, name: string, names: readonly string[]) => {
    if (!names.includes(name)) throw new UserError(`${file}: "${place}": no column "${name}"${suggestion(name, names)}`);
  };
  if ("column" in reference) known("reference.column", reference.column, columnNames);
  for (const [i, row] of rows.entries()) {
    for (const name of Object.keys(row.published)) known(`rows.${i}.published`, name, [...columnNames, reference.name]);
    for (const name of Object.keys(row.runs)) known(`rows.${i}.runs`, name, columnNames);
  }
}
