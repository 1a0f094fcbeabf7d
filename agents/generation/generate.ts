import { columnsOf } from "../../datasets/columns.ts";
import { contentDigest } from "../../datasets/content.ts";
import type { DatasetWriter, Metadata, Transitions } from "../../datasets/index.ts";
import { environmentSpec } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { playEpisodes } from "./threads.ts";
import { cut, layOut, type InfoName, type LayoutFacts } from "./transitions.ts";
import type { EpisodeSource, PlayedEpisode } from "./source.ts";

/** Where a part of a set ends. */
export type PartEnd =
  /** After so many transitions, within an episode if need be; `whole` leaves an unfinished last episode out. */
  | { readonly transitions: number; readonly whole: boolean }
  /** After so many episodes that reach the time limit; those that end before are left out. */
  | { readonly complete: number };

/** Episodes of one source, from its first on. */
export interface Part {
  readonly source: EpisodeSource;
  readonly end: PartEnd;
  /** `contentDigest` that the part must have without infos. */
  readonly expected?: string;
}

/** A set that is to be generated: its parts one after the other. */
export interface Generation {
  readonly environment: string;
  readonly parts: readonly Part[];
  /** The info columns to write, as far as the sources know them. */
  readonly infos: readonly InfoName[];
  readonly metadata: Metadata;
}

export interface GenerateOptions {
  /** Threads that play episodes; 0 for none. They do not change the set. */
  readonly workers: number;
  /** Aborted, it ends generation with its reason. */
  readonly signal?: AbortSignal;
  /** Told after each episode how many transitions there are. */
  onProgress?(transitions: number): void;
}

/** What a generated set holds. */
export interface GeneratedContent {
  /** `contentDigest` of all rows. */
  readonly sha256: string;
  readonly transitions: number;
  /** Of all columns together. */
  readonly bytes: number;
  readonly episodes: number;
  /** Episodes that ended in a terminal state, and at a time limit. */
  readonly terminations: number;
  readonly truncations: number;
  /** [episodes]: undiscounted, of the rewards in single precision. */
  readonly returns: Float64Array;
}

/** Episodes that are played for each one that has to reach the time limit, before a policy is given up. */
const patience = 20;

/** Rows that are gathered before they are written. */
const pieceRows = 16_384;

/** The transitions that a set will have at most. */
export function expectedTransitions({
  environment,
  parts,
}: Pick<Generation, "environment" | "parts">): number {
  const { maxEpisodeSteps } = environmentSpec(environment);
  return parts.reduce(
    (sum, { end }) => sum + ("complete" in end ? end.complete * maxEpisodeSteps : end.transitions),
    0,
  );
}

/**
 * Generates a set and writes it. The writer is opened once the number of transitions is certain, which for sets of whole
 * episodes means that the rows before are kept in memory.
 *
 * @param open starts the file for so many transitions; it is committed when all is written, and aborted when anything fails
 * @throws UserError when a source cannot be played, a recording does not give what its run saw, or writing fails
 */
export async function generate(
  generation: Generation,
  open: (size: number) => DatasetWriter,
  { workers, signal, onProgress }: GenerateOptions,
): Promise<GeneratedContent> {
  const { environment, parts, infos } = generation;
  const { observationSize, actionSize } = environmentSpec(environment);
  const facts = { environment, observationSize, actionSize, infos };
  const measure = measureContent();
  let writer: DatasetWriter | undefined;
  let held: Transitions[] = [];
  let rows = 0;
  let counted = 0;
  try {
    for (const [i, part] of parts.entries()) {
      const known = i === parts.length - 1 && "transitions" in part.end && !part.end.whole;
      if (known) writer = open(rows + part.end.transitions);
      for (const piece of held) writer?.append(piece);
      if (known) held = [];
      const options = {
        workers,
        signal,
        onEpisode: (length: number) => onProgress?.((counted += length)),
      };
      for await (const piece of piecesOf(part, facts, options)) {
        measure.add(piece);
        rows += piece.size;
        if (writer) writer.append(piece);
        else held.push(piece);
      }
      counted = rows;
    }
    if (writer === undefined) {
      writer = open(rows);
      for (const piece of held) writer.append(piece);
    }
    writer.commit();
  } catch (error) {
    writer?.abort();
    throw error;
  }
  return measure.result();
}

/** A part's rows, in pieces of whole episodes. */
async function* piecesOf(
  { source, end, expected }: Part,
  facts: LayoutFacts,
  options: { readonly workers: number; readonly signal?: AbortSignal; onEpisode(length: number): void },
): AsyncGenerator<Transitions, void, undefined> {
  const digest = expected === undefined ? undefined : contentDigest();
  let gathered: PlayedEpisode[] = [];
  let rows = 0;
  const take = (): Transitions => {
    const piece = layOut(gathered, facts);
    digest?.add({ ...piece, infos: {} });
    gathered = [];
    rows = 0;
    return piece;
  };
  for await (const episode of episodesOf(source, end, options)) {
    gathered.push(episode);
    rows += episode.trajectory.length;
    options.onEpisode(episode.trajectory.length);
    if (rows >= pieceRows) yield take();
  }
  if (rows > 0) yield take();
  if (digest !== undefined && digest.digest() !== expected) {
    const name = source.kind === "recording" ? source.recording : source.environment;
    throw new UserError(`${name}: its actions lead to other transitions here than in the recorded run`);
  }
}

async function* episodesOf(
  source: EpisodeSource,
  end: PartEnd,
  options: { readonly workers: number; readonly signal?: AbortSignal },
): AsyncGenerator<PlayedEpisode, void, undefined> {
  if ("complete" in end) yield* completeEpisodes(source, end.complete, options);
  else yield* transitionsOf(source, end, options);
}

async function* transitionsOf(
  source: EpisodeSource,
  { transitions, whole }: Extract<PartEnd, { transitions: number }>,
  options: { readonly workers: number; readonly signal?: AbortSignal },
): AsyncGenerator<PlayedEpisode, void, undefined> {
  let left = transitions;
  for await (const episode of playEpisodes(source, options)) {
    const { length } = episode.trajectory;
    if (length > left && whole) return;
    yield cut(episode, left);
    left -= length;
    if (left <= 0) return;
  }
}

async function* completeEpisodes(
  source: EpisodeSource,
  count: number,
  options: { readonly workers: number; readonly signal?: AbortSignal },
): AsyncGenerator<PlayedEpisode, void, undefined> {
  const episodes = patience * count;
  let taken = 0;
  for await (const episode of playEpisodes(source, { ...options, episodes })) {
    if (!episode.trajectory.truncated) continue;
    yield episode;
    if (++taken === count) return;
  }
  const name = source.kind === "policy" ? source.policy : source.environment;
  throw new UserError(
    `${name}: ${taken} of ${episodes} episodes reach the time limit, ${count} were to be kept`,
  );
}

/** Sums up pieces. */
function measureContent() {
  const digest = contentDigest();
  const returns: number[] = [];
  const counts = { transitions: 0, bytes: 0, terminations: 0, truncations: 0 };
  return {
    add(piece: Transitions): void {
      digest.add(piece);
      counts.transitions += piece.size;
      for (const { values } of Object.values(columnsOf(piece))) counts.bytes += values.byteLength;
      for (const { start, end, terminated, truncated } of piece.episodes) {
        let total = 0;
        for (let row = start; row < end; row++) total += piece.rewards[row];
        returns.push(total);
        counts.terminations += Number(terminated);
        counts.truncations += Number(truncated);
      }
    },
    result: (): GeneratedContent => ({
      sha256: digest.digest(),
      ...counts,
      episodes: returns.length,
      returns: Float64Array.from(returns),
    }),
  };
}
