import { duration, durationOf, type App } from "./state.ts";

/**
 * Seconds that the clock stays behind the newest frame of a live episode: they come in groups, and motion between them is
 * drawn evenly.
 */
const liveDelay = 0.1;

/** Moves the clock on by `seconds` of real time. */
export function advance(app: App, seconds: number): void {
  if (!app.playing) return;
  if (app.live) {
    const ends = app.slots.filter(({ choice }) => choice === "live").map(({ clip }) => durationOf(clip));
    const newest = Math.max(0, ...ends);
    const target = Math.max(0, newest - liveDelay);
    const next = app.time + seconds;
    // a new episode, or a pause of this page: go where the robot is
    if (app.time > newest + liveDelay || target - next > 0.5) app.time = target;
    else app.time = Math.min(newest, next + (target - next) * Math.min(1, 2 * seconds));
    return;
  }
  const end = app.loop?.[1] ?? duration(app);
  app.time += seconds * app.speed;
  if (app.time < end) return;
  // over: go on from the beginning, as somebody who compares wants
  const start = app.loop?.[0] ?? 0;
  app.time = end > start ? start + ((app.time - start) % (end - start)) : start;
}
