import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { catalogueFile } from "../../datasets/catalogue.ts";
import { UserError } from "../../src/errors.ts";
import { fileError } from "../../src/runs/atomic-file.ts";
import { findEnvironment } from "../names.ts";
import { identityOf } from "./identity.ts";
import type { Plan, PlannedCell, PlannedReference, PlannedRow, PlannedRun } from "./plan.ts";
import type { SuitePreset } from "./presets.ts";
import { isRecipe, nameRecipes, recipeKey, recipeOf, slug, within, type Recipe } from "./recipes.ts";
import type { Suite, SuiteRow } from "./suite.ts";
import type { PublishedReturn } from "./table.ts";
import { fill, variablesOf, type Variables } from "./templates.ts";

/**
 * All runs, references and cells of a suite.
 * @param seeds runs of each cell, seeds 0 to seeds - 1
 * @throws UserError naming the suite's file and what in it cannot be done
 */
export function expandSuite(suite: Suite, preset: SuitePreset, seeds: number): Plan {
  const { definition } = suite;
  const { rows, columns, reference } = definition;
  const recipes = new Map<string, Recipe>();
  const plannedRows: PlannedRow[] = [];
  for (const row of rows) {
    const variables = rowVariables(suite, row, preset);
    plannedRows.push(planRow(suite, row, variables));
    for (const { name } of columns) {
      const recipe = recipeOf(suite, row, variables, name);
      if (recipe !== undefined) recipes.set(recipeKey(recipe), recipe);
    }
  }
  const names = within(suite.file, () => nameRecipes([...recipes.values()]));
  const runs = new Map<string, PlannedRun>();
  const add = (recipe: Recipe, seed: number): string => {
    const id = `${names.get(recipeKey(recipe)) ?? ""}-seed${seed}`;
    const inputs = Object.fromEntries(
      Object.entries(recipe.inputs).map(([flag, input]) => [
        flag,
        isRecipe(input) ? ({ kind: "run", id: add(input, seed) } as const) : input,
      ]),
    );
    if (!runs.has(id)) runs.set(id, { id, seed, ...recipe.run, inputs, identity: identityOf({ ...recipe.identity, seed }) });
    return id;
  };
  const cells: PlannedCell[] = rows.flatMap((row) =>
    columns.map(({ name }) => {
      const recipe = recipes.get(recipeKey({ row: row.name, name }));
      return {
        row: row.name,
        column: name,
        ...(name in row.published && { published: publishedReturn(row.published[name]) }),
        runs: recipe === undefined ? [] : Array.from({ length: seeds }, (_, seed) => add(recipe, seed)),
      };
    }),
  );
  return {
    suite: definition.name,
    title: definition.title,
    source: definition.source,
    referenceName: reference.name,
    preset,
    rows: plannedRows,
    columns: columns.map(({ name }) => name),
    cells,
    runs,
  };
}

function publishedReturn(value: number | readonly [number, number]): PublishedReturn {
  return typeof value === "number" ? { mean: value } : { mean: value[0], std: value[1] };
}

/** The suite's and the row's own variables, `{preset}`, `{environment}`, and its parts: `{robot}` and `{version}`. */
function rowVariables({ file, definition }: Suite, row: SuiteRow, preset: SuitePreset): Variables {
  within(`${file}: row "${row.name}"`, () => findEnvironment(row.environment));
  const [, robot, version] = /^(.*?)(?:-(v\d+))?$/.exec(row.environment.toLowerCase()) ?? [];
  return {
    preset,
    environment: row.environment,
    robot,
    version,
    ...variablesOf(definition.variables, preset),
    ...variablesOf(row.variables, preset),
  };
}

function planRow(suite: Suite, row: SuiteRow, variables: Variables): PlannedRow {
  const { reference } = suite.definition;
  const published = row.published[reference.name];
  const base = {
    name: row.name,
    environment: row.environment,
    ...(published !== undefined && { published: publishedReturn(published) }),
  };
  if ("column" in reference) return { ...base, reference: { column: reference.column } };
  if (!("policy" in reference)) return base;
  const policy = within(`${suite.file}: reference`, () => planReference(suite, String(fill(reference.policy, variables, "policy"))));
  return { ...base, reference: { policy } };
}

/** A policy of `datasets/policies` by its name, or one of a file. */
function planReference({ folder }: Suite, policy: string): PlannedReference {
  const isFile = policy.endsWith(".safetensors");
  const file = isFile ? resolve(folder, policy) : join(dirname(catalogueFile), "policies", `${policy}.safetensors`);
  if (!existsSync(file)) {
    throw new UserError(isFile ? `${file}: no such policy` : `no packaged policy "${policy}" (datasets/policies has them)`);
  }
  try {
    return { name: slug(policy.replace(/^.*\/|\.safetensors$/g, "")), file, sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
  } catch (error) {
    throw fileError(file, "cannot be read", error);
  }
}

