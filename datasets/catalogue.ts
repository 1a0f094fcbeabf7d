import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UserError } from "../src/errors.ts";
import { fileError } from "../src/runs/atomic-file.ts";

/** Of all rows of a set, as it was generated once and must come out again. */
const contentSchema = z.strictObject({
  /** As `contentDigest` has it. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  transitions: z.int().positive(),
  /** Of all columns together. */
  bytes: z.int().positive(),
  episodes: z.int().positive(),
  /** Episodes that ended in a terminal state. */
  terminations: z.int().nonnegative(),
  /** Undiscounted returns of all episodes. */
  returns: z.strictObject({ min: z.number(), mean: z.number(), max: z.number() }),
  /** The mean return on D4RL's scale, 0 to 1; null where D4RL has none for the robot. */
  normalizedScore: z.number().nullable(),
});

const seed = z.int().nonnegative();
const transitions = z.int().positive();
/** A file, from the catalogue's folder on. */
const file = z.string().min(1);

const shared = {
  name: z
    .string()
    .regex(/^[a-z0-9-]+-v\d+$/, "expected lower-case words and a version, like hopper-medium-v5"),
  environment: z.string(),
  /** Absent from an entry that was never generated. */
  content: contentSchema.optional(),
};

const entrySchema = z.discriminatedUnion("kind", [
  /** Actions uniform over the action space. */
  z.strictObject({ ...shared, kind: z.literal("random"), seed, transitions }),
  /** Actions sampled from a policy. */
  z.strictObject({ ...shared, kind: z.enum(["medium", "expert"]), policy: file, seed, transitions }),
  /** All steps of a training run up to its medium policy. */
  z.strictObject({ ...shared, kind: z.literal("medium-replay"), recording: file }),
  /** Other sets of the catalogue one after the other, each but the last cut at its last finished episode. */
  z.strictObject({ ...shared, kind: z.literal("medium-expert"), sets: z.array(z.string()).min(1) }),
  /** The first episodes of an expert that reach the time limit. */
  z.strictObject({
    ...shared,
    kind: z.literal("demonstrations"),
    policy: file,
    seed,
    episodes: z.int().positive(),
    /** Whether the physics states are kept as well. */
    states: z.boolean(),
    /** Where the set lies in the repository; absent where it is too large. */
    file: file.optional(),
  }),
]);

const catalogueSchema = z.array(entrySchema);

/** What an entry's set held when it was generated for the catalogue. */
export type CatalogueContent = z.output<typeof contentSchema>;
/** A set that can be generated, and what comes out. */
export type CatalogueEntry = z.output<typeof entrySchema>;
export type CatalogueKind = CatalogueEntry["kind"];

/** Sets by name, and the folder that their files' paths begin at. */
export interface Catalogue {
  readonly file: string;
  readonly folder: string;
  readonly entries: readonly CatalogueEntry[];
}

/** The project's own catalogue. */
export const catalogueFile = fileURLToPath(new URL("catalogue.json", import.meta.url));

/**
 * Reads a catalogue.
 * @throws UserError when the file is none: what is wrong, and of which set
 */
export function readCatalogue(path: string = catalogueFile): Catalogue {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`${path}: is not JSON: ${error.message}`);
    throw fileError(path, "cannot be read", error);
  }
  const parsed = catalogueSchema.safeParse(given);
  if (!parsed.success) {
    const [{ path: place, message }] = parsed.error.issues;
    throw new UserError(
      `${path}: ${nameAt(given, place[0])}${place
        .slice(1)
        .map((key) => `"${String(key)}": `)
        .join("")}${message}`,
    );
  }
  const entries = parsed.data;
  const names = entries.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw new UserError(`${path}: there are two sets "${repeated}"`);
  const catalogue = { file: path, folder: dirname(path), entries };
  for (const entry of entries) if (entry.kind === "medium-expert") partsOf(catalogue, entry);
  return catalogue;
}

/** Which set a complaint is about. */
function nameAt(given: unknown, index: PropertyKey | undefined): string {
  if (index === undefined) return "";
  const entry: unknown = Array.isArray(given) ? given[Number(index)] : undefined;
  const name = typeof entry === "object" && entry !== null && "name" in entry ? entry.name : undefined;
  return typeof name === "string" ? `set "${name}": ` : `set ${String(index)}: `;
}

/**
 * The sets that a joined one consists of.
 * @throws UserError when one is not in the catalogue, of another environment, or joined itself
 */
export function partsOf(
  { file: path, entries }: Catalogue,
  entry: Extract<CatalogueEntry, { kind: "medium-expert" }>,
): Exclude<CatalogueEntry, { kind: "medium-expert" }>[] {
  return entry.sets.map((name) => {
    const part = entries.find((one) => one.name === name);
    if (part === undefined) throw new UserError(`${path}: set "${entry.name}": there is no set "${name}"`);
    if (part.kind === "medium-expert")
      throw new UserError(`${path}: set "${entry.name}": "${name}" is a joined set itself`);
    if (part.environment !== entry.environment)
      throw new UserError(
        `${path}: set "${entry.name}": "${name}" is of ${part.environment}, not of ${entry.environment}`,
      );
    return part;
  });
}

/** A file of an entry: where it lies. */
export const catalogued = ({ folder }: Catalogue, path: string): string => join(folder, path);
