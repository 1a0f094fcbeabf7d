import { z } from "zod";
import { UserError } from "../src/errors.ts";

/** A number that may be infinite, but is one. */
const bound = z.custom<number>((value) => typeof value === "number" && !Number.isNaN(value));

/** An interval [low, high]; either end may be infinite. */
export const range = z
  .custom<readonly [number, number]>(
    (value) =>
      Array.isArray(value) && value.length === 2 && value.every((end) => bound.safeParse(end).success),
    "must be a pair of numbers [low, high]",
  )
  .refine(([low, high]) => low <= high, "must have low <= high");

export const number = z.number("must be a finite number");

/** Of noise. */
export const scale = number.min(0, "must not be negative");

export const boolean = z.boolean("must be true or false");

/** Every environment has this option: the time limit of `maxEpisodeSteps`, under Gymnasium's name. */
const episodeSteps = z.custom<number>(
  (value) => value === Infinity || (Number.isSafeInteger(value) && (value as number) > 0),
  "must be a positive integer or Infinity",
);

/** The options of one environment: what they are, their defaults, and how mistakes are reported. */
export interface OptionReader<T> {
  readonly defaults: T & { readonly max_episode_steps: number };
  /** Throws UserError for options that are unknown or of a wrong type. */
  read(given: Readonly<Record<string, unknown>>): T & { readonly max_episode_steps: number };
}

/** Builds the reader of an environment's options; each entry of `shape` has a default. */
export function optionsOf<Shape extends z.ZodRawShape>(
  id: string,
  maxEpisodeSteps: number,
  shape: Shape,
): OptionReader<z.output<z.ZodObject<Shape>>> {
  type Options = z.output<z.ZodObject<Shape>> & { readonly max_episode_steps: number };
  const schema = z.strictObject({ ...shape, max_episode_steps: episodeSteps.default(maxEpisodeSteps) });
  const read = (given: Readonly<Record<string, unknown>>): Options => {
    const result = schema.safeParse(given);
    if (result.success) return result.data as Options;
    const issue = result.error.issues[0];
    if (issue.code === "unrecognized_keys") {
      const known = Object.keys(schema.shape).join(", ");
      throw new UserError(`${id} has no option "${issue.keys[0]}"; its options are ${known}`);
    }
    const name = String(issue.path[0]);
    throw new UserError(`${id}: option "${name}" ${issue.message}, got ${describe(given[name])}`);
  };
  return { defaults: read({}), read };
}

function describe(value: unknown): string {
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
}
