import type { PerformanceOptions, Performance } from "./performance.ts";
import { perform } from "./performance.ts";
import type { LiveShow, Take } from "./source.ts";

/** Milliseconds between two turns of the simulation; frames in between are taken together. */
const tick = 16;
/** A simulation that fell behind, as on a busy machine, skips the time beyond this. */
const mostBehind = 100;
/** Milliseconds for which the end of an episode stays in view. */
const pause = 800;

export interface LiveShowOptions {
  /** What to play next, with the newest policy; undefined while there is none. */
  next(number: number): Promise<(PerformanceOptions & { take(play: Performance): Take }) | undefined>;
}

/** Plays episode after episode at the robot's own speed, as long as somebody watches. */
export function liveShow({ next }: LiveShowOptions): LiveShow {
  let take: Take | undefined;
  let play: Performance | undefined;
  let listener: () => void = () => undefined;
  let watched = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let number = 0;
  /** When frame 0 of the episode was due. */
  let began = 0;

  const later = (milliseconds: number): void => {
    timer = setTimeout(() => void turn(), milliseconds);
  };
  const begin = async (): Promise<boolean> => {
    const options = await next(number++);
    if (options === undefined) return false;
    play = await perform(options);
    take = options.take(play);
    began = performance.now();
    return true;
  };
  const turn = async (): Promise<void> => {
    timer = undefined;
    if (!watched || closed) return;
    if (play === undefined && !(await begin())) { later(pause); return; }
    if (play === undefined) return;
    const { episode } = play;
    const milliseconds = 1000 * episode.info().dt;
    const now = performance.now();
    if (now - (began + episode.length * milliseconds) > mostBehind) began = now - episode.length * milliseconds;
    let going = true;
    while (going && began + episode.length * milliseconds <= performance.now()) going = await play.advance();
    listener();
    if (going) { later(tick); return; }
    play.close();
    play = undefined;
    later(pause);
  };

  return {
    get take() {
      return take;
    },
    watch(on) {
      if (on === watched) return;
      watched = on;
      // time has stood still in between
      if (on && play) began = performance.now() - play.episode.length * 1000 * play.episode.info().dt;
      if (on && timer === undefined) later(0);
    },
    onFrames: (callback) => (listener = callback),
    close() {
      closed = true;
      clearTimeout(timer);
      play?.close();
    },
  };
}
