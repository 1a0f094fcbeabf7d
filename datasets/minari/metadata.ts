import { readFileSync } from "node:fs";
import { UserError } from "../../src/errors.ts";
import { fileError } from "../../src/runs/atomic-file.ts";
import type { Metadata } from "../transition-set.ts";

/** What a dataset's `metadata.json` says. */
export interface MinariMetadata {
  readonly totalEpisodes: number;
  readonly totalSteps: number;
  readonly environment?: string;
  readonly observationSize: number | undefined;
  readonly actionSize: number | undefined;
  /** Scalars of a set in D4RL's layout, under the key `metadata`, which is ours. */
  readonly metadata: Metadata;
  /**
   * Everything else, as it stands there: texts, spaces, the environment's specification, reference scores. None where a
   * set in D4RL's layout was written as a Minari dataset: then all of it follows from the set.
   */
  readonly minari?: Readonly<Record<string, unknown>>;
}

/** Keys that are written from the data: a set never carries them along. */
export const derivedKeys = ["total_episodes", "total_steps", "data_format", "dataset_size"] as const;
/** Keys of ours, which Minari leaves alone. */
export const ownKeys = {
  metadata: "metadata",
  environment: "environment",
  origin: "converted_from",
} as const;

/**
 * JSON as Python writes it: Infinity and NaN may stand where numbers do, which JSON itself does not allow. They come
 * back as strings. Throws SyntaxError.
 */
export function parsePythonJson(text: string): unknown {
  // Strings are skipped whole, so that their content stays.
  return JSON.parse(
    text.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    ),
  );
}

/**
 * The options that a Minari dataset's environment was made with, from its `env_spec`; none for other datasets.
 * Infinity comes as a number.
 */
export function recordedOptions(dataset: {
  readonly minari?: Readonly<Record<string, unknown>>;
}): Readonly<Record<string, unknown>> {
  const spec = dataset.minari?.env_spec;
  if (typeof spec !== "string") return {};
  const { kwargs } = parsePythonJson(spec) as { kwargs?: unknown };
  const revive = (value: unknown): unknown => {
    if (value === "Infinity" || value === "-Infinity") return Number(value);
    return Array.isArray(value) ? value.map(revive) : value;
  };
  return isObject(kwargs)
    ? Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, revive(value)]))
    : {};
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws UserError that names the file and the key */
export function readMinariMetadata(path: string): MinariMetadata {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
  const document = parseObject(path, text);
  const format = document.data_format ?? "hdf5";
  if (format !== "hdf5")
    throw new UserError(`${path}: "data_format" is ${JSON.stringify(format)}, only "hdf5" can be read`);
  const count = (key: string): number => {
    const value = document[key];
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
    throw new UserError(
      `${path}: "${key}" is ${JSON.stringify(value) ?? "missing"}, expected a positive integer`,
    );
  };
  const spec = document.env_spec === undefined ? undefined : parseInner(path, document, "env_spec");
  const environment = spec?.id ?? document[ownKeys.environment];
  const scalars = Object.entries(
    isObject(document[ownKeys.metadata]) ? (document[ownKeys.metadata] as object) : {},
  );
  const own: readonly string[] = [...derivedKeys, ...Object.values(ownKeys)];
  return {
    totalEpisodes: count("total_episodes"),
    totalSteps: count("total_steps"),
    ...(typeof environment === "string" && { environment }),
    observationSize: boxSize(path, document, "observation_space"),
    actionSize: boxSize(path, document, "action_space"),
    metadata: Object.fromEntries(
      scalars.filter(([, value]) => typeof value === "string" || typeof value === "number"),
    ) as Metadata,
    ...(document[ownKeys.origin] === undefined && {
      minari: Object.fromEntries(Object.entries(document).filter(([key]) => !own.includes(key))),
    }),
  };
}

function parseObject(path: string, text: string, key?: string): Record<string, unknown> {
  const place = key === undefined ? "" : `"${key}" `;
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch (error) {
    throw new UserError(`${path}: ${place}is not JSON: ${(error as Error).message.split("\n")[0]}`);
  }
  if (!isObject(value)) throw new UserError(`${path}: ${place}is not a JSON object`);
  return value;
}

/** Spaces and specifications are JSON inside a JSON string. */
function parseInner(path: string, document: Record<string, unknown>, key: string): Record<string, unknown> {
  const text = document[key];
  if (typeof text !== "string")
    throw new UserError(`${path}: "${key}" is ${JSON.stringify(text)}, expected a string of JSON`);
  return parseObject(path, text, key);
}

/** The length of the vectors in a space; undefined where the dataset does not tell its space. */
function boxSize(path: string, document: Record<string, unknown>, key: string): number | undefined {
  if (document[key] === undefined) return undefined;
  const { type, shape } = parseInner(path, document, key);
  if (type !== "Box")
    throw new UserError(`${path}: "${key}" is ${JSON.stringify(type)}, only "Box" can be read`);
  if (Array.isArray(shape) && shape.length === 1 && typeof shape[0] === "number") return shape[0];
  throw new UserError(`${path}: "${key}" has shape ${JSON.stringify(shape)}, only vectors can be read`);
}
