import { existsSync } from "node:fs";
import {
  expectedTransitions,
  generate,
  generationOf,
  type GeneratedContent,
  type Generation,
} from "../agents/generation/index.ts";
import {
  createD4rl,
  createMinari,
  d4rlReference,
  normalizedScore,
  type Catalogue,
  type CatalogueContent,
  type CatalogueEntry,
  type DatasetFormat,
  type DatasetWriter,
} from "../datasets/index.ts";
import { make } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";
import { removeAbandoned } from "../src/runs/atomic-file.ts";
import { prepareOutput } from "./files.ts";
import { formatCount, progressLine } from "./progress.ts";
import type { TextOutput } from "./terminal.ts";

export interface GenerationTarget {
  /** A file, or for Minari a new folder. */
  readonly out: string;
  readonly format: DatasetFormat;
}

export interface GenerationRun {
  /** Threads that play episodes; 0 plays them in this one. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  /** Where progress is shown. */
  readonly progress: TextOutput;
}

/**
 * Generates a set of a catalogue into a file, which gets its name when it is complete.
 * @throws UserError when the set cannot be made or the file not be written; nothing is then left behind
 */
export async function generateSet(
  catalogue: Catalogue,
  entry: CatalogueEntry,
  { out, format }: GenerationTarget,
  run: GenerationRun,
): Promise<CatalogueContent> {
  if (format === "minari" && existsSync(out))
    throw new UserError(`${out}: already exists; remove it or choose another name`);
  if (format === "d4rl") prepareOutput(out);
  removeAbandoned(out);
  const generation = generationOf(catalogue, entry);
  return play(generation, await opener(generation, out, format), run);
}

/** What a set of a catalogue holds, by generating it without writing it anywhere. @throws UserError when it cannot be made */
export function measureSet(
  catalogue: Catalogue,
  entry: CatalogueEntry,
  run: GenerationRun,
): Promise<CatalogueContent> {
  const nowhere: DatasetWriter = { append: () => undefined, commit: () => undefined, abort: () => undefined };
  return play(generationOf(catalogue, entry), () => nowhere, run);
}

async function play(
  generation: Generation,
  open: (size: number) => DatasetWriter,
  { workers, signal, progress }: GenerationRun,
): Promise<CatalogueContent> {
  const total = expectedTransitions(generation);
  const line = progressLine(progress, { done: 0, total, unit: "transitions" });
  try {
    const content = await generate(generation, open, {
      workers,
      signal,
      onProgress: (done) => line.show(done),
    });
    return summarizeContent(generation.environment, content);
  } finally {
    line.clear();
  }
}

async function opener(
  { environment: id, metadata }: Generation,
  out: string,
  format: DatasetFormat,
): Promise<(size: number) => DatasetWriter> {
  if (format === "d4rl") return (size) => createD4rl(out, { size, environment: id, metadata });
  const { observationSpace, actionSpace, close } = await make(id);
  close();
  return () => createMinari(out, { environment: id, metadata, observationSpace, actionSpace });
}

function summarizeContent(
  environment: string,
  { sha256, transitions, bytes, episodes, terminations, returns }: GeneratedContent,
): CatalogueContent {
  const [min, max] = returns.reduce(
    ([low, high], one) => [Math.min(low, one), Math.max(high, one)],
    [Infinity, -Infinity],
  );
  const mean = returns.reduce((sum, one) => sum + one, 0) / episodes;
  const scores = d4rlReference(environment);
  return {
    sha256,
    transitions,
    bytes,
    episodes,
    terminations,
    returns: { min, mean, max },
    normalizedScore: scores === undefined ? null : normalizedScore(mean, scores),
  };
}

/** What a set is made of, in words. */
export function describeRecipe(entry: CatalogueEntry): string {
  switch (entry.kind) {
    case "random":
      return `uniform actions, seed ${entry.seed}`;
    case "medium":
    case "expert":
      return `samples of ${entry.policy}, seed ${entry.seed}`;
    case "medium-replay":
      return `the training run of ${entry.recording}`;
    case "medium-expert":
      return entry.sets.join(", then ");
    case "demonstrations":
      return `${formatCount(entry.episodes)} full ${entry.episodes === 1 ? "episode" : "episodes"} of ${entry.policy}, seed ${entry.seed}`;
  }
}
