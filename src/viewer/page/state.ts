import type { ColumnName, EpisodeInfo, Scene, Track } from "../scene.ts";
import { createClip, type Clip } from "./clip.ts";
import type { Link } from "./link.ts";

export type CameraMode = "orbit" | "follow" | "side";

/** One robot in view. */
export interface Slot {
  readonly track: string;
  choice: string;
  clip: Clip | undefined;
  /** The newest episode of a live track, while an older one is looked at. */
  newest: Clip | undefined;
  /** Why there is nothing to see, in words. */
  problem: string;
  /** Index into the palette. */
  readonly color: number;
}

/** All that the page shows; `app.changed()` after every change that is made outside of `app`'s own functions. */
export interface App {
  scene: Scene;
  readonly link: Link;
  slots: Slot[];
  /** The slot whose rewards and states are shown. */
  focus: number;
  /** Seconds on the clock that all robots share. */
  time: number;
  playing: boolean;
  speed: number;
  /** Seconds. */
  loop: [number, number] | undefined;
  /** Whether the clock keeps to the newest frames of live tracks. */
  live: boolean;
  ghost: boolean;
  camera: CameraMode;
  contacts: boolean;
  torques: boolean;
  readonly listeners: Set<() => void>;
  changed(): void;
}

export const speeds = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8] as const;
/** Robots at once: as many as can be told apart. */
export const mostSlots = 4;

/** So many of the last frames may still be on their way. */
const newestFrames = 32;

const baseColumns: readonly ColumnName[] = ["pose", "channels", "action", "qpos", "qvel"];

export const wantedColumns = ({ contacts, torques }: Pick<App, "contacts" | "torques">): ColumnName[] => [
  ...baseColumns,
  ...(contacts ? (["contacts"] as const) : []),
  ...(torques ? (["torques"] as const) : []),
];

export const focused = (app: App): Slot | undefined => app.slots[app.focus] ?? app.slots[0];

/** Seconds from the first to the last frame. */
export const durationOf = (clip: Clip | undefined): number => (clip ? Math.max(0, clip.length - 1) * clip.info.dt : 0);

export const duration = (app: App): number => Math.max(0, ...app.slots.map(({ clip }) => durationOf(clip)));

/** The frame of a clip at the clock's time: the last one that has begun. */
export function frameAt(clip: Clip, time: number): number {
  // times that are multiples of dt must not be rounded down to the frame before
  return Math.max(0, Math.min(clip.length - 1, Math.floor(time / clip.info.dt + 1e-6)));
}

const hasLive = (app: App): boolean => app.slots.some(({ choice }) => choice === "live");

export function follow(app: App): void {
  app.link.follow(
    app.slots.filter(({ choice }) => choice === "live").map(({ track }) => track),
    wantedColumns(app),
  );
}

/** Gets what is missing of everything in view. */
export function completeAll(app: App): void {
  for (const { clip, choice } of app.slots) {
    // the frames of a live episode come by themselves, as long as it is not looked back at
    if (clip === undefined || (choice === "live" && app.live && !clip.info.complete)) continue;
    void clip
      .complete(app.link, wantedColumns(app))
      .then(app.changed)
      .catch(() => undefined);
  }
}

/** Gets what live episodes skipped when this page could not keep up; their newest frames come by themselves. */
export function fillGaps(app: App): void {
  for (const { clip, choice } of app.slots) {
    if (clip === undefined || choice !== "live") continue;
    void clip.complete(app.link, wantedColumns(app), clip.length - newestFrames).catch(() => undefined);
  }
}

/** Shows another episode of a slot's track. */
export async function choose(app: App, slot: Slot, choice: string): Promise<void> {
  slot.choice = choice;
  slot.problem = "";
  follow(app);
  if (choice === "live") {
    goLive(app);
    app.changed();
    return;
  }
  try {
    const info = await app.link.open(slot.track, choice);
    // something else may have been chosen meanwhile
    if (slot.choice !== choice) return;
    const clip = createClip(info);
    await clip.complete(app.link, wantedColumns(app));
    if (slot.choice === choice) slot.clip = clip;
    if (!hasLive(app)) app.live = false;
  } catch (error) {
    if (slot.choice === choice) slot.problem = (error as Error).message;
  }
  app.changed();
}

const trackOf = (app: App, id: string): Track | undefined => app.scene.tracks.find((track) => track.id === id);

export function slotTrack(app: App, slot: Slot): Track | undefined {
  return trackOf(app, slot.track);
}

/** Brings a track into view, and with it the one that it is to be compared with. */
export async function show(app: App, id: string): Promise<void> {
  const track = trackOf(app, id);
  if (track === undefined || app.slots.some((slot) => slot.track === id) || app.slots.length >= mostSlots) return;
  const color = Array.from({ length: mostSlots }, (_, i) => i).find((i) => app.slots.every((slot) => slot.color !== i)) ?? 0;
  const slot: Slot = { track: id, choice: track.first ?? "", clip: undefined, newest: undefined, problem: "", color };
  app.slots = [...app.slots, slot];
  app.changed();
  if (track.first === undefined) {
    slot.problem = "nothing to show yet: waiting for the first checkpoint";
    app.changed();
    return;
  }
  await choose(app, slot, track.first);
  if (track.beside === undefined) return;
  app.ghost = true;
  await show(app, track.beside);
  const beside = app.slots.find((one) => one.track === track.beside);
  if (beside && beside.choice !== slot.choice && trackOf(app, beside.track)?.choices.some((one) => one.id === slot.choice)) {
    await choose(app, beside, slot.choice);
  }
  app.changed();
}

export function hide(app: App, id: string): void {
  app.slots = app.slots.filter(({ track }) => track !== id);
  app.focus = Math.min(app.focus, Math.max(0, app.slots.length - 1));
  if (!hasLive(app)) app.live = false;
  follow(app);
  app.changed();
}

export function seek(app: App, time: number): void {
  app.live = false;
  app.time = Math.max(0, Math.min(duration(app), time));
  completeAll(app);
  app.changed();
}

/** Seconds of a frame of the slot in focus: the unit in which one steps. */
export const stepOf = (app: App): number => focused(app)?.clip?.info.dt ?? 1 / 60;

export function step(app: App, frames: number): void {
  app.playing = false;
  const clip = focused(app)?.clip;
  if (clip === undefined) return;
  // the clock may be beyond this clip's end
  seek(app, Math.max(0, Math.min(clip.length - 1, frameAt(clip, app.time) + frames)) * clip.info.dt);
}

export function setPlaying(app: App, playing: boolean): void {
  app.playing = playing;
  if (!playing) {
    app.live = false;
    const clip = focused(app)?.clip;
    // paused is on a frame, not between two
    if (clip && app.time <= durationOf(clip)) app.time = frameAt(clip, app.time) * clip.info.dt;
    completeAll(app);
  } else if (app.time >= duration(app) - 1e-9 && !app.live) app.time = app.loop?.[0] ?? 0;
  app.changed();
}

export function goLive(app: App): void {
  app.live = true;
  app.playing = true;
  app.loop = undefined;
  app.speed = 1;
  for (const slot of app.slots) if (slot.newest && slot.choice === "live") slot.clip = slot.newest;
  app.changed();
}

/** An episode of a followed track that begins or has changed. */
export function takeEpisode(app: App, info: EpisodeInfo): void {
  for (const slot of app.slots) {
    if (slot.track !== info.track || slot.choice !== "live") continue;
    const known = [slot.clip, slot.newest].find((clip) => clip?.info.id === info.id);
    if (known) {
      known.info = info;
      known.revision++;
      if (info.complete) void known.complete(app.link, wantedColumns(app)).catch(() => undefined);
      continue;
    }
    slot.newest = createClip(info);
    if (app.live || slot.clip === undefined || slot.clip.info.choice !== "live") {
      slot.clip = slot.newest;
      slot.problem = "";
    }
  }
  app.changed();
}
