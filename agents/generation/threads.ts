import { extname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { UserError } from "../../src/errors.ts";
import { openSource, type EpisodeSource, type PlayedEpisode } from "./source.ts";

/** What a thread answers to the number of an episode. */
export type Reply =
  | { readonly episode: number; readonly played: PlayedEpisode }
  | { readonly episode: number; readonly error: Error; /** A UserError. */ readonly mistake: boolean };

export interface PlayOptions {
  /** Threads that play; 0 to play in the calling thread. */
  readonly workers: number;
  /** Stop after so many; by default when the source has no more. */
  readonly episodes?: number;
  /** Aborted, it ends playing with its reason. */
  readonly signal?: AbortSignal;
}

/** Beside this file, and in the same form: source or compiled. */
const workerFile = new URL(`./episode-worker${extname(import.meta.url)}`, import.meta.url);

/** Episodes that a thread is asked for in advance, so that it need not wait for the next question. */
const askedAhead = 2;
/** Episodes per thread that may be finished before an earlier one is; bounds the memory that they take. */
const finishedAhead = 16;

/**
 * The episodes of a source in order: 0, 1, 2, … They are the same, bit for bit, for any number of workers. Whoever stops
 * reading them, by `break` too, ends the threads.
 *
 * @throws UserError as {@link openSource} and playing do, when the first episode it concerns is due
 */
export async function* playEpisodes(
  source: EpisodeSource,
  { workers, signal, ...options }: PlayOptions,
): AsyncGenerator<PlayedEpisode, void, undefined> {
  // Opened here in any case: what is wrong with a source shows before threads are started.
  const player = await openSource(source);
  const episodes = Math.min(options.episodes ?? Infinity, player.episodes);
  try {
    if (workers === 0) {
      for (let episode = 0; episode < episodes; episode++) {
        // Signals of the system are heard between two episodes.
        await setImmediate();
        signal?.throwIfAborted();
        yield await player.play(episode);
      }
      return;
    }
  } finally {
    player.close();
  }
  yield* playInThreads(source, Math.min(workers, episodes), episodes, signal);
}

async function* playInThreads(
  source: EpisodeSource,
  workers: number,
  episodes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlayedEpisode, void, undefined> {
  const replies = new Map<number, Reply>();
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const threads = Array.from({ length: workers }, () => ({
    // Options of the calling program, as --input-type, would not fit the worker's file.
    worker: new Worker(workerFile, { workerData: source, execArgv: [] }),
    asked: 0,
  }));
  const onAbort = (): void => wake();
  signal?.addEventListener("abort", onAbort);
  for (const thread of threads) {
    thread.worker.on("message", (reply: Reply) => {
      thread.asked--;
      replies.set(reply.episode, reply);
      ask();
      wake();
    });
    const ended = (why: string): void => {
      failure ??= new Error(`a thread that played episodes has ended: ${why}`);
      wake();
    };
    thread.worker.on("error", ({ message }: Error) => ended(message));
    thread.worker.on("exit", (code) => ended(`exit code ${code}`));
  }
  let delivered = 0;
  let next = 0;
  const ask = (): void => {
    for (let more = true; more;) {
      more = false;
      for (const thread of threads) {
        if (thread.asked === askedAhead || next >= Math.min(episodes, delivered + finishedAhead * workers))
          continue;
        thread.worker.postMessage(next++);
        thread.asked++;
        more = true;
      }
    }
  };
  try {
    for (; delivered < episodes; delivered++) {
      ask();
      let reply: Reply | undefined;
      while ((reply = replies.get(delivered)) === undefined) {
        signal?.throwIfAborted();
        if (failure) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      signal?.throwIfAborted();
      replies.delete(delivered);
      if ("error" in reply) {
        throw reply.mistake ? new UserError(reply.error.message, { cause: reply.error }) : reply.error;
      }
      yield reply.played;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }
}
