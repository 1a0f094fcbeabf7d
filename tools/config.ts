import { z } from "zod";
import type { AgentDefinition } from "../agents/trainer.ts";
import type { EnvironmentSpec } from "../envs/index.ts";
import { UsageError } from "./errors.ts";
import { suggestion } from "./nearest.ts";

/** The part of a JSON schema that says what a configuration value may look like. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly description?: string;
}

type Values = Record<string, unknown>;

/** One option of an agent, as `motive list agents <name>` shows it. */
export interface ConfigOption {
  readonly path: string;
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

/** What the command line asks of a configuration. */
export interface ConfigRequest {
  readonly preset?: string;
  readonly steps?: number;
  /** `path=value`, in the order they were given; a later one wins. */
  readonly set: readonly string[];
}

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function schemaOf(agent: AgentDefinition): Schema {
  return z.toJSONSchema(agent.config, { io: "input", unrepresentable: "any" }) as Schema;
}

function alternatives(schema: Schema): readonly Schema[] {
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return union.flatMap(alternatives);
  if (Array.isArray(schema.type)) return (schema.type as string[]).map((type) => ({ ...schema, type }));
  return [schema];
}

/** The schema at a dotted path, or undefined where the path leads nowhere. */
function schemaAt(schema: Schema, path: readonly string[]): Schema | undefined {
  if (path.length === 0) return schema;
  const [key, ...rest] = path;
  const found = alternatives(schema).flatMap(({ properties }) => {
    const inner = properties && Object.hasOwn(properties, key) ? schemaAt(properties[key], rest) : undefined;
    return inner ? [inner] : [];
  });
  return found.length > 1 ? { anyOf: found } : found[0];
}

function typeName(schema: Schema): string {
  const names = alternatives(schema).map((one) => {
    if (one.const !== undefined) return String(one.const);
    if (one.enum) return one.enum.join(" | ");
    if (one.type === "array") return `${one.items ? typeName(one.items) : "value"},…`;
    return typeof one.type === "string" ? one.type : "value";
  });
  return [...new Set(names)].join(" | ");
}

function collectOptions(schema: Schema, prefix: string, defaults: unknown): ConfigOption[] {
  return alternatives(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, inner]): ConfigOption[] => {
      const path = prefix + key;
      const value = isObject(defaults) && key in defaults ? defaults[key] : inner.default;
      const nested = collectOptions(inner, `${path}.`, value);
      if (nested.length > 0) return nested;
      return [{ path, type: typeName(inner), default: value, description: inner.description ?? "" }];
    }),
  );
}

/** Every option of an agent with its type, default and description; nested ones have dotted paths. */
export function configOptions(agent: AgentDefinition): ConfigOption[] {
  const options = collectOptions(schemaOf(agent), "", agent.config.safeParse({}).data);
  return [...new Map(options.map((option) => [option.path, option])).values()];
}

/** Reads `text` as the first of the schema's alternatives that it fits; text that fits none stays a string. */
function readValue(text: string, schema: Schema): unknown {
  for (const one of alternatives(schema)) {
    if (one.const !== undefined && String(one.const) === text) return one.const;
    const choice = one.enum?.find((value) => String(value) === text);
    if (choice !== undefined) return choice;
    if (one.type === "null" && text === "null") return null;
    if (one.type === "boolean" && (text === "true" || text === "false")) return text === "true";
    if ((one.type === "number" || one.type === "integer") && text.trim() !== "") {
      const number = Number(text);
      if (Number.isFinite(number)) return number;
    }
    if (one.type === "object" || (one.type === "array" && text.startsWith("["))) {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        continue;
      }
    }
    if (one.type === "array")
      return text === "" ? [] : text.split(",").map((item) => readValue(item, one.items ?? {}));
  }
  return text;
}

/** `override` laid over `base`: objects are merged, everything else is replaced. */
function merge(base: Values, override: Values): Values {
  const merged = { ...base };
  for (const [key, value] of Object.entries(override)) {
    const under = merged[key];
    merged[key] = isObject(under) && isObject(value) ? merge(under, value) : value;
  }
  return merged;
}

function nest(path: readonly string[], value: unknown): Values {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
}

/** The value at a dotted path of a resolved configuration. */
export function valueAt(config: unknown, path: string): unknown {
  const inner = (value: unknown, key: string) =>
    typeof value === "object" && value !== null ? (value as Values)[key] : undefined;
  return path.split(".").reduce(inner, config);
}

interface Assignment {
  readonly flag: string;
  readonly path: string;
  readonly value: unknown;
}

/** Reads one `--set path=value` by the type that the agent's schema has at that path. */
function readAssignment(agent: AgentDefinition, text: string): Assignment {
  const separator = text.indexOf("=");
  if (separator < 1) throw new UsageError(`--set ${text}: expected path=value, as in --set steps=10000`);
  const path = text.slice(0, separator);
  const schema = schemaAt(schemaOf(agent), path.split("."));
  if (!schema) {
    const names = configOptions(agent).map((option) => option.path);
    throw new UsageError(`--set ${text}: ${agent.name} has no option "${path}"${suggestion(path, names)}`);
  }
  return { flag: `--set ${text}`, path, value: readValue(text.slice(separator + 1), schema) };
}

/** What `--steps` and `--set` ask for, in the order in which they apply. */
export function readAssignments(agent: AgentDefinition, request: ConfigRequest): Assignment[] {
  const steps =
    request.steps === undefined
      ? []
      : [{ flag: `--steps ${request.steps}`, path: "steps", value: request.steps }];
  return [...steps, ...request.set.map((text) => readAssignment(agent, text))];
}

/** What the schema says about a value, as one phrase: `expected number, received string "abc"`. */
function issueMessage(issue: z.core.$ZodIssue, value: unknown): string {
  const shown = value === null || typeof value !== "object" ? ` ${JSON.stringify(value)}` : "";
  if (issue.code === "invalid_union") {
    const expected = issue.errors
      .flat()
      .map(({ message }) => /expected (.*?)(, received .*)?$/.exec(message)?.[1]);
    return `expected ${[...new Set(expected)].join(" or ")}, received${shown}`;
  }
  const message = issue.message.replace(/^Invalid (input|option): /, "");
  const phrase = message.charAt(0).toLowerCase() + message.slice(1);
  return phrase.includes(", received ") ? phrase + shown : `${phrase}, received${shown}`;
}

/**
 * The complete configuration of a run: the schema's defaults, then the preset, then `--steps`, then each `--set`.
 * @throws UsageError naming the flag (or the preset) whose value the schema refuses
 */
export function resolveConfig(
  agent: AgentDefinition,
  environment: EnvironmentSpec,
  request: ConfigRequest,
): Values {
  const assignments = readAssignments(agent, request);
  let input: Values = {};
  if (request.preset) {
    const presets = agent.presets(environment);
    if (!Object.hasOwn(presets, request.preset)) {
      const names = Object.keys(presets);
      throw new UsageError(
        `--preset ${request.preset}: ${agent.name} has no such preset for ${environment.id}; there are ${names.join(", ")}`,
      );
    }
    input = merge(input, presets[request.preset] as Values);
  }
  for (const { path, value } of assignments) input = merge(input, nest(path.split("."), value));

  const result = agent.config.safeParse(input);
  if (result.success) return result.data as Values;

  const issue = result.error.issues[0];
  const path = issue.path.join(".");
  const cause = assignments.findLast((one) => path === one.path || path.startsWith(`${one.path}.`));
  const origin =
    cause?.flag ?? (request.preset ? `preset ${request.preset} of ${agent.name}: ${path}` : path);
  const where = cause && cause.path !== path ? `${path}: ` : "";
  throw new UsageError(`${origin}: ${where}${issueMessage(issue, valueAt(input, path))}`);
}
