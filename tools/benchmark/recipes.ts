import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readCatalogue } from "../../datasets/catalogue.ts";
import { UserError } from "../../src/errors.ts";
import { resolveConfig } from "../config.ts";
import { UsageError } from "../errors.ts";
import { findAgent, findEnvironment } from "../names.ts";
import { suggestion } from "../nearest.ts";
import { datasetKind } from "../report/records.ts";
import type { RunIdentity } from "./identity.ts";
import type { PlannedInput, PlannedRun } from "./plan.ts";
import type { Suite, SuiteDefinition, SuiteRow } from "./suite.ts";
import { fill, inputFlags, optionText, runTemplateSchema, type InputFlag, type RunTemplate, type Variables } from "./templates.ts";

/** A run without its seed, and those that it takes something from. */
export interface Recipe {
  /** The column, or the name among the suite's `runs`. */
  readonly name: string;
  readonly row: string;
  readonly run: Omit<PlannedRun, "id" | "seed" | "inputs" | "identity">;
  readonly identity: Omit<RunIdentity, "seed">;
  readonly inputs: Readonly<Partial<Record<InputFlag, PlannedInput | Recipe>>>;
}

export const slug = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");

export const isRecipe = (input: PlannedInput | Recipe): input is Recipe => "row" in input;

/** A run of a row, without its seed: where it is found. */
export const recipeKey = ({ row, name }: Pick<Recipe, "row" | "name">): string => JSON.stringify([row, name]);

/** Puts in front of a complaint where in the suite its cause stands. */
export function within<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${place}: ${error.message}`);
    if (error instanceof UserError) throw new UserError(`${place}: ${error.message}`);
    throw error;
  }
}

function templateOf({ columns, runs }: SuiteDefinition, row: SuiteRow, name: string): RunTemplate | undefined {
  return row.runs[name] ?? columns.find((column) => column.name === name)?.run ?? (Object.hasOwn(runs, name) ? runs[name] : undefined);
}

/**
 * A run of a row, by the name of its column or among the suite's `runs`.
 * @param users the names that led here, to notice circles
 */
export function recipeOf(suite: Suite, row: SuiteRow, variables: Variables, name: string, users: readonly string[] = []): Recipe | undefined {
  const { definition, file } = suite;
  const place = `${file}: row "${row.name}", "${name}"`;
  const template = templateOf(definition, row, name);
  if (template === undefined) return undefined;
  return within(place, () => {
    if (users.includes(name)) throw new UserError(`takes something from itself: ${[...users, name].join(" from ")}`);
    const filled = runTemplateSchema.safeParse(fill(template, variables, "run"));
    if (!filled.success) {
      const [issue] = filled.error.issues;
      throw new UserError(`"run.${issue.path.join(".")}": ${issue.message}`);
    }
    for (const [path, value] of [
      ["steps", filled.data.steps],
      ["evaluateEvery", filled.data.evaluateEvery],
      ["recordedAs.trajectories", filled.data.recordedAs?.trajectories],
    ] as const) {
      if (typeof value === "string") throw new UserError(`"run.${path}": expected an integer, received ${JSON.stringify(value)}`);
    }
    const { preset = null, steps, evaluateEvery, setting, recordedAs, ...rest } = omitPreset(template, variables, filled.data);
    const agent = findAgent(rest.agent);
    const environment = findEnvironment(rest.environment);
    const set = Object.entries(rest.set).map(([path, value]) => `${path}=${optionText(value)}`);
    const request = { ...(preset !== null && { preset }), ...(typeof steps === "number" && { steps }), set };
    const config = resolveConfig(agent, environment, request);
    const inputs: Partial<Record<InputFlag, PlannedInput | Recipe>> = {};
    for (const flag of inputFlags) {
      const input = rest[flag];
      if (input === undefined) continue;
      if (typeof input === "string") {
        inputs[flag] = fileOrSet(suite, input);
        continue;
      }
      const needed = recipeOf(suite, row, variables, input.run, [...users, name]);
      if (needed === undefined) throw new UserError(`"run.${flag}": no run "${input.run}"${suggestion(input.run, runNames(definition))}`);
      inputs[flag] = needed;
    }
    const { dataset } = inputs;
    const facts = {
      rewardInput: recordedAs?.rewardInput ?? config.rewardInput,
      trajectories: recordedAs?.trajectories ?? config.trajectories,
    };
    return {
      name,
      row: row.name,
      run: {
        agent: agent.name,
        environment: environment.id,
        preset,
        ...(typeof steps === "number" && { steps }),
        set,
        config,
        ...(typeof evaluateEvery === "number" && { evaluateEvery }),
      },
      identity: {
        environment: environment.id,
        agent: recordedAs?.agent ?? agent.name,
        ...(typeof facts.rewardInput === "string" && { rewardInput: facts.rewardInput }),
        ...(setting !== undefined && { setting }),
        ...(dataset !== undefined && "kind" in dataset && dataset.kind !== "run" && { dataset: datasetKind(dataset.kind === "set" ? dataset.name : dataset.path) }),
        ...(typeof facts.trajectories === "number" && { trajectories: facts.trajectories }),
      },
      inputs,
    };
  });
}

/** A template's own preset may have no value under the suite's preset; the schema's default must not take its place. */
function omitPreset(template: RunTemplate, variables: Variables, filled: RunTemplate): Omit<RunTemplate, "preset"> & { preset?: string } {
  const { preset, ...rest } = filled;
  return fill(template.preset, variables, "run.preset") === undefined ? rest : { ...rest, preset };
}

const runNames = ({ columns, runs }: SuiteDefinition): string[] => [
  ...Object.keys(runs),
  ...columns.filter(({ run }) => run !== undefined).map(({ name }) => name),
];

/** A set of the catalogue by its name; what looks like a path is a file, from the suite's folder on. */
function fileOrSet({ folder }: Suite, text: string): PlannedInput {
  if (/[\\/]|\.(hdf5|h5|safetensors)$/.test(text)) {
    const path = resolve(folder, text);
    if (!existsSync(path)) throw new UserError(`${path}: no such file`);
    return { kind: "file", path };
  }
  const names = readCatalogue().entries.map(({ name }) => name);
  if (!names.includes(text)) throw new UserError(`unknown set "${text}"${suggestion(text, names)}`);
  return { kind: "set", name: text };
}

/** All that decides a run's result but its seed. */
function contentOf({ run, inputs }: Recipe): unknown {
  return [run, Object.entries(inputs).map(([flag, input]) => [flag, isRecipe(input) ? contentOf(input) : input])];
}

/**
 * A directory's name for each recipe, without the seed: what rows have in common is run once. Where rows differ in what
 * the name does not tell, it ends with the row's.
 */
export function nameRecipes(cells: readonly Recipe[]): Map<string, string> {
  const all = cells.flatMap(function collect(recipe): Recipe[] {
    return [recipe, ...Object.values(recipe.inputs).filter(isRecipe).flatMap(collect)];
  });
  const contents = new Map<string, Set<string>>();
  for (const recipe of all) {
    const name = shortName(recipe);
    contents.set(name, (contents.get(name) ?? new Set()).add(JSON.stringify(contentOf(recipe))));
  }
  const users = new Map<string, Recipe>();
  return new Map(
    all.map((recipe) => {
      const short = shortName(recipe);
      const name = contents.get(short)?.size === 1 ? short : `${short}-${slug(recipe.row)}`;
      const other = users.get(name) ?? recipe;
      if (JSON.stringify(contentOf(other)) !== JSON.stringify(contentOf(recipe)))
        throw new UserError(`"${other.name}" in row "${other.row}" and "${recipe.name}" in row "${recipe.row}" would share the directory ${name}; give them names that differ in letters or digits`);
      users.set(name, other);
      return [recipeKey(recipe), name];
    }),
  );
}

function shortName({ name, identity: { environment, dataset, trajectories, setting } }: Recipe): string {
  const parts = [
    slug(name),
    environment.toLowerCase(),
    ...(dataset === undefined ? [] : [slug(dataset)]),
    ...(trajectories === undefined ? [] : [`traj${trajectories}`]),
    ...(setting === undefined ? [] : [slug(setting)]),
  ];
  return parts.join("-");
}
