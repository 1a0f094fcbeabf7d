import { isColumnType, type Hdf5File } from "../hdf5/reader.ts";
import type { Hdf5Value } from "../hdf5/writer.ts";
import type { Metadata, MetadataArray } from "../transition-set.ts";

/** What stands under `metadata` in a file of D4RL's layout; names of our own beside D4RL's. */
export interface FileMetadata {
  /** `metadata/environment`; D4RL's own files do not say it. */
  readonly environment?: string;
  /** `metadata/minari`, JSON: what else a dataset that came from Minari said of itself. */
  readonly minari?: Readonly<Record<string, unknown>>;
  /** `metadata/episode_seeds`: the seed of each episode's reset. */
  readonly episodeSeeds?: readonly number[];
  readonly metadata: Metadata;
}

const folder = "metadata/";
const environmentKey = "environment";
const minariKey = "minari";
const seedsKey = "episode_seeds";

export function readMetadata(file: Hdf5File, notes: string[]): FileMetadata {
  const entries: Record<string, string | number | MetadataArray> = {};
  for (const name of file.datasets("metadata")) {
    const value = readEntry(file, name);
    if (value === undefined) notes.push(`"${name}" is ${file.facts(name)?.type}: left out`);
    else entries[name.slice(folder.length)] = value;
  }
  const { [environmentKey]: environment, [minariKey]: minariText, [seedsKey]: seeds, ...metadata } = entries;
  const minari = typeof minariText === "string" ? parseObject(minariText) : undefined;
  const episodeSeeds = typeof seeds === "object" ? Array.from(seeds.values, Number) : undefined;
  return {
    ...(typeof environment === "string" && { environment }),
    ...(minari && { minari }),
    ...(episodeSeeds && { episodeSeeds }),
    metadata,
  };
}

function readEntry(file: Hdf5File, name: string): string | number | MetadataArray | undefined {
  const scalar = file.readScalar(name);
  const { type, shape } = file.facts(name) ?? { type: "", shape: [] };
  if (scalar !== undefined && (shape.length === 0 || typeof scalar === "string")) return scalar;
  if (!isColumnType(type) || type === "bool") return undefined;
  return { shape, values: file.readValues(name) as MetadataArray["values"] };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The entries of a file that {@link readMetadata} reads as the same. */
export function metadataEntries({
  environment,
  minari,
  episodeSeeds,
  metadata,
}: FileMetadata): Record<string, Hdf5Value> {
  const scalars = {
    ...(environment !== undefined && { [environmentKey]: environment }),
    ...(minari && { [minariKey]: JSON.stringify(minari) }),
  };
  const entries: [string, Hdf5Value][] = Object.entries({ ...metadata, ...scalars }).map(([key, value]) => [
    folder + key,
    typeof value === "object" ? arrayValue(value) : { kind: "scalar", value },
  ]);
  if (episodeSeeds) {
    const values = BigInt64Array.from(episodeSeeds, BigInt);
    entries.push([folder + seedsKey, { kind: "integer", shape: [values.length], values }]);
  }
  return Object.fromEntries(entries);
}

function arrayValue({ shape, values }: MetadataArray): Hdf5Value {
  return values instanceof Float32Array || values instanceof Float64Array
    ? { kind: "float", shape, values }
    : { kind: "integer", shape, values };
}
