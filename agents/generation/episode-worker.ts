/*
 * A thread that plays episodes of one source, in the order in which it is asked for them.
 */
import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../../src/errors.ts";
import { openSource, type EpisodeSource, type PlayedEpisode } from "./source.ts";
import type { Reply } from "./threads.ts";

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");

const opening = openSource(workerData as EpisodeSource);
let playing: Promise<void> = Promise.resolve();

/** The memory of an episode, which goes over to the receiving thread instead of being copied. */
function memoryOf({ trajectory, logProbs }: PlayedEpisode): ArrayBuffer[] {
  const { observations, actions, nextObservations, rewards, qpos, qvel } = trajectory;
  const arrays = [observations, actions, nextObservations, rewards, qpos, qvel, logProbs];
  return arrays.flatMap((array) => (array === undefined ? [] : [array.buffer as ArrayBuffer]));
}

async function answer(episode: number): Promise<void> {
  try {
    const played = await (await opening).play(episode);
    port?.postMessage({ episode, played } satisfies Reply, memoryOf(played));
  } catch (error) {
    port?.postMessage({
      episode,
      error: error as Error,
      mistake: error instanceof UserError,
    } satisfies Reply);
  }
}

port.on("message", (episode: number) => {
  playing = playing.then(() => answer(episode));
});
